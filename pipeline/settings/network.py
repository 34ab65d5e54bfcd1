"""Networks as settings name them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
NOT_PUBLIC = "127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"
"""This machine and the networks around it. Source: IANA's special-purpose address registries."""


def read_networks(text: object) -> object:
    """Read `10.1.0.0/16, ::1` as a tuple of networks; what is no text stays. Raises ValueError."""
    return networks(text) if isinstance(text, str) else text


def networks(text: str) -> tuple[Network, ...]:
    """The networks in `10.1.0.0/16, ::1`. Raises ValueError."""
    return tuple(_read(part.strip()) for part in text.split(",") if part.strip())


def _read(part: str) -> Network:
    try:
        return ip_network(part)
    except ValueError as error:
        raise ValueError(f'{part!r} is no network: give addresses or networks as "10.1.0.0/16, fd00:1::/64"') from error
