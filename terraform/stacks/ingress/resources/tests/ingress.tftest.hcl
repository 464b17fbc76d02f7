# Run in workspace dev: make tf sets TF_WORKSPACE.
variables {
  environment              = "dev"
  region                   = "us-east-2"
  account_ids              = ["123456789012"]
  release                  = { version = "0.1.0", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  traffic                  = "apply"
  canary                   = { percent = 50, events_per_hour = 20 }
  log_retention_days       = 14
  reserved_concurrency     = 10
  throttle_rate_per_second = 10
  throttle_burst           = 20

  alarm_thresholds = {
    errors_per_minute        = 0
    ack_latency_p99_ms       = 1500
    auth_failures_per_minute = 5
  }

  run = {
    store_type         = "s3"
    bucket             = "rp-mw-dev-terraform-state"
    bucket_region      = "us-east-2"
    wanted_bucket      = "rp-mw-dev-terraform-state"
    wanted_region      = "us-east-2"
    selected_workspace = "dev"
    unknown_values     = []
  }
}

run "ingress_may_send_to_one_queue_and_read_one_secret_and_no_more" {
  command = plan

  assert {
    condition = toset(flatten([for s in jsondecode(output.role_policy_json).Statement : s.Action])) == toset([
      "sqs:SendMessage", "secretsmanager:GetSecretValue", "kms:Decrypt", "kms:GenerateDataKey",
      "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "The ingress sends to one queue and reads one secret."
  }
}

run "where_nobody_writes_silence_is_no_alarm" {
  command = plan

  assert {
    condition     = !contains(keys(module.alarms.counted), "silence") && !contains(keys(module.alarms.counted), "shop-open")
    error_message = "Nobody writes to dev and staging."
  }
}

run "silence_is_heard_after_its_hours" {
  command = plan

  variables {
    silence_hours = 3
  }

  assert {
    condition     = module.alarms.counted["silence"].evaluation_periods * module.alarms.counted["silence"].period_seconds == 3 * 3600 && module.alarms.counted["shop-open"].evaluation_periods == 3
    error_message = "All three hours must have been without a webhook, and the shop open in each."
  }
}

run "refuses_silence_of_an_hour" {
  command = plan

  variables {
    silence_hours = 1
  }

  expect_failures = [var.silence_hours]
}

run "refuses_the_tfvars_of_another_environment" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "qa"
  }

  expect_failures = [var.environment]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region = "ohio"
  }

  expect_failures = [var.region]
}

run "refuses_no_account" {
  command = plan

  variables {
    account_ids = []
  }

  expect_failures = [var.account_ids]
}

run "refuses_a_version_that_is_not_semantic" {
  command = plan

  variables {
    release = { version = "latest" }
  }

  expect_failures = [var.release]
}

run "refuses_a_package_without_a_hash" {
  command = plan

  variables {
    release = { version = "0.1.0", sha256_base64 = "none" }
  }

  expect_failures = [var.release]
}

run "refuses_an_unknown_way_of_moving_traffic" {
  command = plan

  variables {
    traffic = "sometimes"
  }

  expect_failures = [var.traffic]
}

run "refuses_an_odd_retention" {
  command = plan

  variables {
    log_retention_days = 7
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_no_concurrency" {
  command = plan

  variables {
    reserved_concurrency = 1
  }

  expect_failures = [var.reserved_concurrency]
}

run "refuses_a_threshold_out_of_range" {
  command = plan

  variables {
    alarm_thresholds = {
      errors_per_minute        = -1
      ack_latency_p99_ms       = 1500
      auth_failures_per_minute = 5
    }
  }

  expect_failures = [var.alarm_thresholds]
}
