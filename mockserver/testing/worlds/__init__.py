"""Worlds: states to start from, as JSON documents.

`read` turns a file or mapping into a document, `check` finds contradictions in it, `load` puts it into a store, and
`save` writes the state of a store as such a document. The models of the document are in `wire/worlds.py`.
"""
