"""The error tree. A class's docstring is its message until a better one is given.

DarkroomError
├── Invalid                a request that breaks a limit (names the field)
├── NotFound               no such thing, or not yours
├── KeyReused              an idempotency key that came before, with another body
├── TooMany                more submissions than a user may make in a minute
├── BudgetSpent            a budget has no money for it
│   └── PriceUnknown       nobody knows what it costs, and a budget would pay
├── Unreachable            a part Darkroom stands on does not answer
├── Forged                 a provider's webhook that the provider has not signed
├── ProviderError
│   ├── ProviderRefused    the provider will never do this
│   │   └── RouteRefused   not for this account, or it has no such model: another provider may do it
│   │       └── NoSuchModel    it sells no model by that name
│   ├── ProviderThrottled  asked too often; nothing was sold
│   ├── ProviderDown       nothing was sent, or the provider failed before selling
│   └── ProviderUnclear    sent, but the answer was lost: it may have been sold
├── OutputError
│   ├── OutputUnreachable  the output's address does not answer now
│   ├── OutputGone         the output has expired
│   │   └── OutputForbidden  its host refuses it, and does not say whether it has
│   ├── OutputRefused      its address is none that we ask
│   └── OutputBroken       the bytes are no picture we can keep
│       └── OutputUninspectable  looking at them ends the process that does it
├── SourceError
│   ├── SourceUnreachable  the source picture's address does not answer now
│   └── SourceRefused      the source picture cannot be had, or cannot be used
├── EgressError
│   ├── EgressUnreachable  the address does not answer now
│   └── EgressRefused      nobody may reach that address from here, or it says no
└── StoreError             the store does not take or give a picture now
"""


class DarkroomError(Exception):
    """Something in Darkroom went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Invalid(DarkroomError):
    """The request breaks a limit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFound(DarkroomError):
    """There is no such thing, or it is not yours."""


class KeyReused(DarkroomError):
    """The Idempotency-Key came before, with another body; send another key for another generation."""


class TooMany(DarkroomError):
    """More submissions than a user may make in a minute."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds until so many may be submitted; None: never at once."""


class BudgetSpent(DarkroomError):
    """A budget has no money for it."""


class PriceUnknown(BudgetSpent):
    """Nobody knows what it costs, and a budget pays known prices only."""


class Unreachable(DarkroomError):
    """A part that Darkroom stands on does not answer."""


class Forged(DarkroomError):
    """The webhook's signature does not match its body, or is too old."""


class ProviderError(DarkroomError):
    """The provider did not do as asked."""


class ProviderRefused(ProviderError):
    """The provider will never do this."""


class RouteRefused(ProviderRefused):
    """The provider does not serve this account, or does not have the model; another provider may."""


class NoSuchModel(RouteRefused):
    """The provider sells no model by that name."""


class ProviderThrottled(ProviderError):
    """The provider asks for patience; nothing was sold."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds until the provider takes requests again."""


class ProviderDown(ProviderError):
    """The provider does not answer; nothing was sold."""


class AnswerUnreadable(ProviderDown):
    """The provider has answered what nobody can read; nothing was sold."""


class ProviderUnclear(ProviderError):
    """The request went out and its answer was lost: it may have been sold."""


class OutputError(DarkroomError):
    """An output could not be fetched."""


class OutputUnreachable(OutputError):
    """The output's address does not answer now."""


class OutputGone(OutputError):
    """The output has expired."""


class OutputForbidden(OutputGone):
    """The output's host refuses to give it: it may have expired, and may not."""


class OutputBroken(OutputError):
    """The output is not a picture that can be kept."""


class OutputUninspectable(OutputBroken):
    """Looking at the output ends the process that does it, or takes more than any picture should."""


class OutputRefused(OutputError):
    """The output's address is one that nothing of ours may ask."""


class SourceError(DarkroomError):
    """A source picture could not be fetched."""


class SourceUnreachable(SourceError):
    """The source picture's address does not answer now."""


class SourceRefused(SourceError):
    """The source picture cannot be had, or cannot be used."""


class EgressError(DarkroomError):
    """An address that somebody named could not be asked."""


class EgressUnreachable(EgressError):
    """The address does not answer now."""


class EgressRefused(EgressError):
    """Nobody may reach that address from here, or it says no."""


class StoreError(DarkroomError):
    """The store does not take or give a picture now."""
