"""Which addresses are somebody's on the public internet, and which mean this machine, its network or its cloud."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from pipeline.settings.network import Network

Address = IPv4Address | IPv6Address

# What Python's own table (IANA's special-purpose registries) calls global, and is not for strangers' requests.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's platform server, reachable from every machine there
        "192.0.0.0/24",  # protocol assignments, RFC 6890; Python's table has changed its mind about parts of it
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2002::/16",  # 6to4: any IPv4 address inside
        "2001::/32",  # Teredo: any IPv4 address inside
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
        "::/96",  # IPv4-compatible, RFC 4291
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address in its last 32 bits, where a network has only IPv6. Source: RFC 6052."""


def plain(address: Address) -> Address:
    """The address that a connection really goes to: IPv4 written as IPv6 is IPv4."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether it is a host of the public internet, for one connection to one receiver."""
    address = plain(address)
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not special and not any(address in network for network in _NOT_PUBLIC)


def is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether one of `networks` holds the address."""
    address = plain(address)
    return any(address in network for network in networks)


def literal(host: str) -> Address | None:
    """The address that `host` is in its usual spelling; None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
