"""Provider accounts: which account of a provider's is ours, where its signature says only that the provider sent it.

fal's keys sign the webhooks of all its accounts, and name the account in a header. Ours is what FAL_USER_ID says; else
the one that the first verified webhook to a signed address named: nobody but us and the provider knows such an address.
"""

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Forged
from pipeline.providers import Provider
from pipeline.statements import fetch, statement

_READ = statement("SELECT credentials_hash, account FROM provider_accounts WHERE provider = :provider")
_PIN = statement("""
    INSERT INTO provider_accounts (provider, credentials_hash, account)
    VALUES (:provider, :credentials_hash, :account)
    ON CONFLICT DO NOTHING RETURNING account
""")


class ProviderAccounts:
    """Knows our accounts. What is pinned never changes under the same credentials, so it is read once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[str, dict[bytes, str]] = {}

    async def is_known(self, provider: Provider, sender: str | None) -> bool:
        """Whether `sender` is an account of ours; False while none is known. Raises Forged for somebody else's."""
        own = provider.account
        if own is None:
            return True
        if own.pinned is not None:
            if sender == own.pinned:
                return True
            raise Forged(f"the sending account is not the one that {own.setting} names")
        if sender in self._known.get(provider.name, {}).values():
            return True
        # Another process may know more: of new credentials, say, while they are rolled out.
        known = await self._read(provider)
        if sender in known.values():
            return True
        if own.credentials_hash in known:
            raise Forged(f"the sending account is not ours; if it is, name it in {own.setting}")
        return False

    async def pin(self, provider: Provider, sender: str | None) -> None:
        """Take `sender`, whom a verified webhook to a signed address named, for our account at these credentials."""
        own = provider.account
        if own is None or own.pinned is not None or not sender:
            return
        await fetch(self._engine, _PIN, provider=provider.name, credentials_hash=own.credentials_hash, account=sender)
        await self._read(provider)

    async def _read(self, provider: Provider) -> dict[bytes, str]:
        rows = await fetch(self._engine, _READ, provider=provider.name)
        self._known[provider.name] = {bytes(row.credentials_hash): row.account for row in rows}
        return self._known[provider.name]
