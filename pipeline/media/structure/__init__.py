"""How each picture format is built: readers that walk its parts, find its size and its end, and decode nothing.

Each reader goes over the bytes once, forwards, counts the parts it meets, and allocates nothing that grows with what
the bytes claim.
"""
