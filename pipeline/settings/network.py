"""Networks as settings name them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def read_networks(text: object) -> object:
    """Read `10.1.0.0/16, ::1` as a tuple of networks. Raises ValueError."""
    if not isinstance(text, str):
        return text
    return tuple(_read(part.strip()) for part in text.split(",") if part.strip())


def _read(part: str) -> Network:
    try:
        return ip_network(part)
    except ValueError as error:
        raise ValueError(f'{part!r} is no network: give addresses or networks as "10.1.0.0/16, fd00:1::/64"') from error
