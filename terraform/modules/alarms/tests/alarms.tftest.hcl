mock_provider "aws" {}

variables {
  name_prefix = "rp-mw-test-worker"
  topic_arn   = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-alarms"
  alarms = {
    errors = {
      severity  = "page"
      meaning   = "The worker raises: its messages come back."
      runbook   = "function-errors"
      threshold = 0
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "rp-mw-test-worker" }, statistic = "Sum" }
      }
    }
    fallback-rate = {
      severity           = "warn"
      meaning            = "More than half of the decisions fell back to a human."
      runbook            = "fallback-rate"
      threshold          = 50
      evaluation_periods = 3
      expression         = "100 * fallbacks / decisions"
      metrics = {
        fallbacks = { namespace = "rp-mw", name = "fallbacks", dimensions = {}, statistic = "Sum" }
        decisions = { namespace = "rp-mw", name = "decisions", dimensions = {}, statistic = "Sum" }
      }
    }
  }
}

run "every_alarm_says_what_to_do_and_reaches_somebody" {
  command = plan

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : strcontains(alarm.alarm_description, "docs/runbook.md#")])
    error_message = "A description must link its runbook section."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.alarm_actions == toset([var.topic_arn])])
    error_message = "Every alarm must reach the topic."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.page.alarm_rule == "ALARM(\"rp-mw-test-worker-errors\")"
    error_message = "The composite alarm must hold the paging alarms and no warning."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this["fallback-rate"].metric_query) == 3
    error_message = "An expression must stand over its metrics."
  }
}

run "refuses_a_prefix_off_the_convention" {
  command = plan

  variables {
    name_prefix = "worker"
  }

  expect_failures = [var.name_prefix]
}

run "refuses_no_topic" {
  command = plan

  variables {
    topic_arn = "none"
  }

  expect_failures = [var.topic_arn]
}

run "refuses_nothing_that_pages" {
  command = plan

  variables {
    alarms = { errors = { severity = "warn", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_unknown_severity" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } }, other = { severity = "loud", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_description_that_says_nothing" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "Errors.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_period_of_seven_seconds" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, period_seconds = 7 } }
  }

  expect_failures = [var.alarms]
}

run "refuses_two_metrics_without_an_expression" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { a = { namespace = "n", name = "a", dimensions = {}, statistic = "Sum" }, b = { namespace = "n", name = "b", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_unknown_treatment_of_missing_data" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, missing_data = "alarm" } }
  }

  expect_failures = [var.alarms]
}
