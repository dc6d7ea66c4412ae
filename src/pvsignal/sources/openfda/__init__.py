"""openFDA: reports and labels by API, never mixed with the quarterly archive.

``query`` builds search texts, ``client`` asks within the limits that ``budget`` keeps,
``reports`` and ``labels`` turn answers into tables of their own folder. A folder below
``sources`` so that a change here leaves the version of staged archives alone.
"""
