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
    silence = {
      severity     = "page"
      only_when    = "by-day"
      meaning      = "Nothing came in all day, although it is a working day."
      runbook      = "silence"
      threshold    = 1
      comparison   = "LessThanThreshold"
      missing_data = "breaching"
      metrics = {
        accepted = { namespace = "rp-mw", name = "Accepted", dimensions = {}, statistic = "Sum" }
      }
    }
    by-day = {
      severity   = "condition"
      meaning    = "It is a working day: no alarm, only what silence waits for."
      runbook    = "silence"
      threshold  = 0
      expression = "IF(DAY(runs) <= 5, 1, 0)"
      metrics = {
        runs = { namespace = "AWS/Lambda", name = "Invocations", dimensions = {}, statistic = "Sum" }
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
    condition     = alltrue([for key in ["errors", "fallback-rate"] : aws_cloudwatch_metric_alarm.this[key].alarm_actions == toset([var.topic_arn])])
    error_message = "Every alarm must reach the topic."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.page.alarm_rule == "ALARM(\"rp-mw-test-worker-errors\") OR ALARM(\"rp-mw-test-worker-silence-and-by-day\")"
    error_message = "The composite alarm must hold the paging alarms, a gated one by its gate, and no warning."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this["fallback-rate"].metric_query) == 3
    error_message = "An expression must stand over its metrics."
  }
}

run "what_is_news_by_day_only_is_heard_with_its_condition" {
  command = plan

  assert {
    condition     = alltrue([for key in ["silence", "by-day"] : length(coalesce(aws_cloudwatch_metric_alarm.this[key].alarm_actions, [])) == 0])
    error_message = "Neither the condition nor what waits for it may be heard alone."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.gated["silence"].alarm_rule == "ALARM(\"rp-mw-test-worker-silence\") AND ALARM(\"rp-mw-test-worker-by-day\")"
    error_message = "Both must fire."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.gated["silence"].alarm_actions == toset([var.topic_arn]) && strcontains(aws_cloudwatch_composite_alarm.gated["silence"].alarm_description, "docs/runbook.md#silence")
    error_message = "Together they must reach the topic and say what to do."
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

run "refuses_a_wait_for_what_is_no_condition" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } }, other = { severity = "warn", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, only_when = "errors" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_condition_that_nothing_waits_for" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } }, other = { severity = "condition", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_to_look_back_further_than_cloudwatch_does" {
  command = plan

  variables {
    alarms = { errors = { severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, period_seconds = 300, evaluation_periods = 289 } }
  }

  expect_failures = [var.alarms]
}
