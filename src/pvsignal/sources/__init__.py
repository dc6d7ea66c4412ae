"""Archives as the FDA publishes them: list, land, stage; the only code on the network.

Listing and fetching (``listing``, ``http``) yield bytes; ``land`` believes them only
after their checksums and keeps them under their SHA-256; ``manifest`` says what is held
and where it came from.
"""
