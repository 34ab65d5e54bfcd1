"""The gateway's proof: a crowd of websockets on two gateways, everything that can break them, and then the audit."""
