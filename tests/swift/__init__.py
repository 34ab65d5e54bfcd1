"""A real S3 server for the tests: one node of OpenStack Swift with s3api."""
