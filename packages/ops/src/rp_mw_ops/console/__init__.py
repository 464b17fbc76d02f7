"""The console: a place of work in the browser, served on this machine alone, over the same functions as the commands.

feed      reads the environment in the background: today's decisions, switches, queues, figures
views     what the pages show of it, as plain values
actions   what may be changed: a switch, a redrive
app       the routes, and who may ask
assets    the page, its style and scripts, and the chart library
"""
