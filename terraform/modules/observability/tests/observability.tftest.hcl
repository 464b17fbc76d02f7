mock_provider "aws" {}

variables {
  name   = "rp-mw-test"
  region = "us-east-2"
  rows = [
    { title = "System", widgets = [
      { title = "Accepted", metrics = [{ namespace = "rp-mw", name = "accepted", dimensions = { Service = "ingress", Env = "test" }, statistic = "Sum" }] },
      { title = "Share", expression = "100*m0/m1", metrics = [
        { namespace = "rp-mw", name = "a", dimensions = {}, statistic = "Sum" },
        { namespace = "rp-mw", name = "b", dimensions = {}, statistic = "Sum" },
      ] },
    ] },
    { title = "Vendors", widgets = [{ title = "v", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
    { title = "Automation", widgets = [{ title = "a", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
    { title = "Quality", widgets = [{ title = "q", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
    { title = "Cost", widgets = [{ title = "c", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
  ]
  queries = {
    decisions = { log_groups = ["/aws/lambda/rp-mw-test-worker"], query = "fields @timestamp" }
  }
}

run "dashboard_has_its_rows_on_the_grid" {
  command = plan

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 11
    error_message = "Five titles and six charts."
  }

  assert {
    condition     = alltrue([for w in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : w.x + w.width <= 24])
    error_message = "No widget may leave the grid."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[5].properties.metrics[0] == ["rp-mw", "accepted", "Env", "test", "Service", "ingress", { id = "m0", stat = "Sum", visible = true }]
    error_message = "A metric is written as namespace, name, dimensions, options."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[6].properties.metrics) == 3
    error_message = "An expression stands after its metrics."
  }
}

run "queries_are_saved_in_the_environments_folder" {
  command = plan

  assert {
    condition     = aws_cloudwatch_query_definition.this["decisions"].name == "rp-mw-test/decisions"
    error_message = "Saved queries belong in a folder named after the environment."
  }
}

run "refuses_a_name_off_the_convention" {
  command = plan

  variables {
    name = "dashboard"
  }

  expect_failures = [var.name]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region = "ohio"
  }

  expect_failures = [var.region]
}

run "refuses_missing_rows" {
  command = plan

  variables {
    rows = [{ title = "System", widgets = [{ title = "s", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] }]
  }

  expect_failures = [var.rows]
}

run "refuses_a_row_and_a_widget_with_nothing_in_it" {
  command = plan

  variables {
    rows = [
      { title = "System", widgets = [] },
      { title = "Vendors", widgets = [{ title = "v", metrics = [] }] },
      { title = "Automation", widgets = [{ title = "a", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
      { title = "Quality", widgets = [{ title = "q", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
      { title = "Cost", widgets = [{ title = "c", metrics = [{ namespace = "n", name = "m", dimensions = {}, statistic = "Sum" }] }] },
    ]
  }

  expect_failures = [var.rows]
}

run "refuses_an_empty_query" {
  command = plan

  variables {
    queries = { empty = { log_groups = [], query = "" } }
  }

  expect_failures = [var.queries]
}
