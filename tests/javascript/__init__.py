"""The JavaScript client in a real Node and a real browser, over lines that are cut, stalled and refused."""
