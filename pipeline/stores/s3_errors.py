"""Says in Darkroom's words what went wrong between it and a bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ClientError as HttpError
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from pipeline.errors import NotFound, StoreError

# The codes are those of S3's error list; a HEAD's answer has no body, botocore then gives the status as code.
NO_BUCKET: Final = frozenset({"NoSuchBucket", "404"})
BUCKET_EXISTS: Final = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists", "OperationAborted"})
_NOT_THERE: Final = NO_BUCKET | {"NoSuchKey"}
_KEYS: Final = "check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY"
_RIGHTS: Final = f"{_KEYS}, and that they may list the bucket and get, put and delete in it"
_ADVICE: Final = {
    "SignatureDoesNotMatch": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "AccessDenied": _RIGHTS,
    "403": _RIGHTS,
    "InvalidBucketName": "check S3_BUCKET",
    "AuthorizationHeaderMalformed": "check S3_REGION",
    "400": "check S3_BUCKET and S3_REGION",
    "RequestTimeTooSkewed": "set this machine's clock",
}


def code_of(error: ClientError) -> str:
    """S3's name for an error, or the HTTP status where the answer had no body."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


@dataclass(frozen=True, slots=True)
class BucketName:
    """A bucket as messages name it: with its endpoint, without what may be secret."""

    bucket: str
    endpoint_url: str | None

    def __str__(self) -> str:
        if self.endpoint_url is None:
            return f"The S3 bucket {self.bucket!r} at AWS"
        parts = urlsplit(self.endpoint_url)
        return f"The S3 bucket {self.bucket!r} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @contextmanager
    def explained(self, action: str, *, key: str | None = None, advice: str | None = None) -> Iterator[None]:
        """Turn what botocore and aiohttp raise into StoreError, or into NotFound when `key` is not there.

        `action` completes "could not …", `advice` replaces what S3's code would suggest. Messages carry S3's
        code and no text of the server's or of the libraries': those repeat requests.
        """
        try:
            yield
        except ClientError as error:
            code = code_of(error)
            if key is not None and code in _NOT_THERE:
                raise NotFound(f"There is no picture {key!r}.") from error
            what_to_do = advice or _ADVICE.get(code, "look at the server's log")
            raise StoreError(f"{self} could not {action}: {code}; {what_to_do}.") from error
        except NoCredentialsError as error:
            raise StoreError(f"{self} could not {action} without keys; {_KEYS}.") from error
        except (BotoCoreError, HttpError, OSError) as error:  # TimeoutError is an OSError
            what_to_do = "check S3_ENDPOINT_URL and that the server runs"
            raise StoreError(f"{self} could not {action}: no answer ({type(error).__name__}); {what_to_do}.") from error
