"""The laboratory as a web application: an HTTP API and a page over the same desks.

    make app        # http://127.0.0.1:8000

- ``security``, ``limits``: keys of homes and of the operator, how often each may call
- ``desks``: what can be done with contracts, feeder and plant, and who may
- ``service``: the one door to them, one call at a time
- ``api``: routes under ``/api``; ``page``: Gradio at ``/``
"""
