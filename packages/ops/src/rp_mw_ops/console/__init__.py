"""The console: a place of work in the browser, served on this machine alone, over the same functions as the commands.

feed, sources, switches   read the environment in the background
lines, views, reports     what the pages show of it, as plain values
actions                   what may be changed: a switch, a redrive
guard, app, serving       who may ask, the routes, the server
assets                    the page, its style and scripts, and the chart library
"""
