"""The configuration of a one-node Swift: one device, one copy, s3api over tempauth, no memcached.

The options are those of Swift's own documentation (deployment guide and the s3api middleware's page).
"""

import os
import pwd
from pathlib import Path
from string import Template

# tempauth reads accounts from option names, user_<account>_<user>; an S3 access key is "<account>:<user>".
ACCOUNT = "dark"
USER = "room"
SECRET_KEY = "testsecret1"
GUEST = "guest"  # of the same account, without any right in it
GUEST_SECRET_KEY = "guestsecret1"
REGION = "us-east-1"

_SWIFT = """
[swift-hash]
swift_hash_path_prefix = darkroom
swift_hash_path_suffix = darkroom
[storage-policy:0]
name = gold
default = yes
"""

# fallocate_reserve: a nearly full disk is no reason to refuse 200 kB; log_address: not the machine's syslog.
_DEFAULT = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
user = $user
swift_dir = $etc
devices = $root/srv
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_level = WARNING
log_address = $root/no-syslog
recon_cache_path = $root
"""

_STORAGE = """
[pipeline:main]
pipeline = $name-server
[app:$name-server]
use = egg:swift#$name
[$name-replicator]
[$name-auditor]
"""

_PROXY = f"""
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth
  copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = {REGION}
s3_acl = no
[filter:tempauth]
use = egg:swift#tempauth
user_{ACCOUNT}_{USER} = {SECRET_KEY} .admin .reseller_admin
user_{ACCOUNT}_{GUEST} = {GUEST_SECRET_KEY}
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:cache]
use = egg:swift#memcache
"""
_PLAIN_FILTERS = ("catch_errors", "gatekeeper", "listing_formats", "bulk", "copy", "slo", "dlo", "symlink")


def write_configuration(root: Path, ports: dict[str, int]) -> None:
    """Write ROOT/etc for the four servers; `ports` has one TCP port for account, container, object, proxy."""
    etc = root / "etc"
    etc.mkdir(parents=True)
    (root / "srv" / "sd1").mkdir(parents=True)
    (etc / "swift.conf").write_text(_SWIFT)
    plain = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in _PLAIN_FILTERS)
    user = pwd.getpwuid(os.getuid()).pw_name
    for name, port in ports.items():
        text = _DEFAULT + (_PROXY + plain if name == "proxy" else _STORAGE)
        filled = Template(text).substitute(name=name, port=port, user=user, etc=etc, root=root)
        (etc / f"{name}-server.conf").write_text(filled)
