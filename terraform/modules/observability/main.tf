locals {
  grid_columns  = 24
  title_height  = 1
  widget_height = 6
  row_height    = local.title_height + local.widget_height

  titles = [for index, row in var.rows : {
    type       = "text"
    x          = 0
    y          = index * local.row_height
    width      = local.grid_columns
    height     = local.title_height
    properties = { markdown = "## ${row.title}" }
  }]

  charts = flatten([for index, row in var.rows : [for column, widget in row.widgets : {
    type   = "metric"
    x      = column * floor(local.grid_columns / length(row.widgets))
    y      = index * local.row_height + local.title_height
    width  = floor(local.grid_columns / length(row.widgets))
    height = local.widget_height
    properties = {
      title  = widget.title
      region = var.region
      view   = "timeSeries"
      period = 60
      metrics = concat(
        [for position, metric in widget.metrics : concat(
          [metric.namespace, metric.name],
          flatten([for key in sort(keys(metric.dimensions)) : [key, metric.dimensions[key]]]),
          [{ id = "m${position}", stat = metric.statistic, visible = widget.expression == null }],
        )],
        widget.expression == null ? [] : [[{ id = "e0", expression = widget.expression, label = widget.title }]],
      )
    }
  }]])
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat(local.titles, local.charts) })
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = var.queries

  name            = "${var.name}/${each.key}"
  log_group_names = each.value.log_groups
  query_string    = each.value.query
}
