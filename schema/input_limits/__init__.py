"""What may enter: the limits of documents, numbers, texts and moments that others write, the same at every endpoint.

`json_body` reads JSON so that nothing is lost unnoticed, `document` judges a free JSON document (`metadata`, a batch's
settings), `stored` reads one back from the database without ever raising, `moment`, `number` and `text` read values.
Its counterpart in SQL is schema/sql/check_document.sql; a test compares them.
"""
