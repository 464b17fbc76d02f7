mock_provider "aws" {}

variables {
  name_prefix    = "rp-mw-test-worker"
  topic_arn      = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-alarms"
  page_topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-pages"
  numbers        = { fallback_percent = 50, a_minute = 60, silence_hours = 3 }
  references     = { api_id = "a1b2c3" }
  alarms = {
    errors = {
      promise            = "never-lost"
      severity           = "page"
      incident           = "work"
      meaning            = "The worker raises: its messages come back."
      runbook            = "function-errors"
      threshold          = 0
      period_seconds     = 60
      evaluation_periods = 2
      missing_data       = "notBreaching"
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "rp-mw-test-worker" }, statistic = "Sum" }
      }
    }
    latency = {
      promise            = "never-lost"
      severity           = "page"
      incident           = "work"
      meaning            = "The webhook is acknowledged too late."
      runbook            = "ack-latency"
      threshold          = 1500
      period_seconds     = "a_minute"
      evaluation_periods = 2
      missing_data       = "notBreaching"
      metrics = {
        latency = { namespace = "AWS/ApiGateway", name = "Latency", dimensions = { ApiId = "api_id" }, statistic = "p99" }
      }
    }
    fallback-rate = {
      promise            = "in-time"
      severity           = "warn"
      meaning            = "More than half of the decisions fell back to a human."
      runbook            = "fallback-rate"
      threshold          = "fallback_percent"
      period_seconds     = 60
      evaluation_periods = 3
      missing_data       = "notBreaching"
      expression         = "100 * fallbacks / decisions"
      metrics = {
        fallbacks = { namespace = "rp-mw", name = "fallbacks", dimensions = {}, statistic = "Sum" }
        decisions = { namespace = "rp-mw", name = "decisions", dimensions = {}, statistic = "Sum" }
      }
    }
    silence = {
      promise            = "never-lost"
      severity           = "page"
      incident           = "silence"
      only_when          = "shop-open"
      meaning            = "Nothing came in for hours, although the shop is open."
      runbook            = "silence"
      threshold          = 1
      comparison         = "LessThanThreshold"
      period_seconds     = 3600
      evaluation_periods = "silence_hours"
      missing_data       = "breaching"
      metrics = {
        accepted = { namespace = "rp-mw", name = "Accepted", dimensions = {}, statistic = "Sum" }
      }
    }
    shop-open = {
      promise            = "never-lost"
      severity           = "condition"
      meaning            = "The shop is open: no alarm, only what silence waits for."
      runbook            = "silence"
      threshold          = 0
      period_seconds     = 3600
      evaluation_periods = "silence_hours"
      missing_data       = "notBreaching"
      metrics = {
        open = { namespace = "rp-mw", name = "ShopOpen", dimensions = {}, statistic = "Minimum" }
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
    condition     = alltrue([for key in ["errors", "latency", "fallback-rate"] : aws_cloudwatch_metric_alarm.this[key].alarm_actions == toset([var.topic_arn])])
    error_message = "Every alarm must reach the topic, and one that shares an incident must not page by itself."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this["fallback-rate"].metric_query) == 3
    error_message = "An expression must stand over its metrics."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["fallback-rate"].threshold == 50 && aws_cloudwatch_metric_alarm.this["silence"].evaluation_periods == 3 && output.counted["latency"].period_seconds == 60
    error_message = "A number that is named must be the stack's."
  }

  assert {
    condition     = one(aws_cloudwatch_metric_alarm.this["latency"].metric_query).metric[0].dimensions == tomap({ ApiId = "a1b2c3" })
    error_message = "A dimension that the stack alone knows must be filled in."
  }
}

run "one_incident_pages_once" {
  command = plan

  assert {
    condition     = join(" ", keys(aws_cloudwatch_composite_alarm.page)) == "work" && aws_cloudwatch_composite_alarm.page["work"].alarm_rule == "ALARM(\"rp-mw-test-worker-errors\") OR ALARM(\"rp-mw-test-worker-latency\")"
    error_message = "The alarms of one incident must page together, and no warning with them."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.page["work"].alarm_actions == toset([var.page_topic_arn])
    error_message = "The page must reach who is woken."
  }
}

run "an_incident_of_one_alarm_pages_by_itself" {
  command = plan

  assert {
    condition     = aws_cloudwatch_composite_alarm.gated["silence"].alarm_actions == toset([var.topic_arn, var.page_topic_arn])
    error_message = "An incident that one alarm tells of must page."
  }
}

run "what_is_news_at_some_times_only_is_heard_with_its_condition" {
  command = plan

  assert {
    condition     = alltrue([for key in ["silence", "shop-open"] : length(coalesce(aws_cloudwatch_metric_alarm.this[key].alarm_actions, [])) == 0])
    error_message = "Neither the condition nor what waits for it may be heard alone."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.gated["silence"].alarm_rule == "ALARM(\"rp-mw-test-worker-silence\") AND ALARM(\"rp-mw-test-worker-shop-open\")"
    error_message = "Both must fire."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.gated["silence"].alarm_description, "docs/runbook.md#silence")
    error_message = "Together they must say what to do."
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

run "refuses_to_page_where_mails_go" {
  command = plan

  variables {
    page_topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-test-alarms"
  }

  expect_failures = [var.page_topic_arn]
}

run "refuses_no_alarm" {
  command = plan

  variables {
    alarms = {}
  }

  expect_failures = [var.alarms]
}

run "refuses_an_unknown_severity" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "loud", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_page_of_no_incident" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_warning_of_an_incident" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "warn", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_number_that_nobody_gives" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = "errors_per_hour", period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_description_that_says_nothing" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "Errors.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_period_of_seven_seconds" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 7, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_two_metrics_without_an_expression" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { a = { namespace = "n", name = "a", dimensions = {}, statistic = "Sum" }, b = { namespace = "n", name = "b", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_unknown_treatment_of_missing_data" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "alarm", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_wait_for_what_is_no_condition" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" }, other = { promise = "never-lost", severity = "warn", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, only_when = "errors" } }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_condition_that_nothing_waits_for" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" }, other = { promise = "never-lost", severity = "condition", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 60, evaluation_periods = 1, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } } } }
  }

  expect_failures = [var.alarms]
}

run "refuses_to_look_back_further_than_cloudwatch_does" {
  command = plan

  variables {
    alarms = { errors = { promise = "never-lost", severity = "page", meaning = "The worker raises: its messages come back.", runbook = "function-errors", threshold = 0, period_seconds = 300, evaluation_periods = 289, missing_data = "notBreaching", metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = {}, statistic = "Sum" } }, incident = "work" } }
  }

  expect_failures = [var.alarms]
}
