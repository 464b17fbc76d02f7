# Run in workspace dev: make tf sets TF_WORKSPACE.
variables {
  environment            = "dev"
  region                 = "us-east-2"
  account_ids            = ["123456789012"]
  release                = { version = "0.1.0", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  traffic                = "apply"
  canary                 = { percent = 50, events_per_hour = 20 }
  log_retention_days     = 14
  reserved_concurrency   = 10
  maximum_concurrency    = 2
  audit_trail_enabled    = true
  richpanel_base_url     = "https://api.richpanel.com/v1"
  richpanel_author_id    = "agent-1"
  openai_base_url        = "https://api.openai.com/v1"
  sweep_interval_minutes = 60

  alarm_thresholds = {
    errors_per_minute        = 0
    queue_age_warn_seconds   = 300
    fallback_percent         = 50
    duplicates_per_minute    = 20
    vendor_throttled_percent = 10
    vendor_errors_percent    = 20
    sweep_tickets_per_run    = 10
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

run "worker_reads_its_settings_from_the_topology" {
  command = plan

  assert {
    condition     = output.environment["IDEMPOTENCY_TABLE"] == "rp_mw_dev_idempotency" && output.environment["FLAGS_PATH"] == "/rp-mw/dev/flags"
    error_message = "The environment must name this environment's tables and flags."
  }

  assert {
    condition     = keys(output.environment) == keys(local.settings.environment)
    error_message = "Every variable of the topology is set and nothing else."
  }
}

run "sweeps_are_watched_at_their_own_pace" {
  command = plan

  assert {
    condition     = module.alarms.counted["sweep-failed"].period_seconds == 7200 && module.alarms.counted["sweep-missing"].period_seconds == 7200
    error_message = "Two sweeps of 60 minutes, so that one that starts late does not count as missing."
  }

  assert {
    condition     = local.alarm_rows.worker["sweep-missing"].missing_data == "breaching" && local.alarm_rows.worker["sweep-missing"].comparison == "LessThanThreshold"
    error_message = "No sample means that no sweep ended."
  }
}

run "the_sweep_may_write_one_parameter_and_no_other" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(output.role_policy_json).Statement : statement.Resource
      if contains(flatten([statement.Action]), "ssm:PutParameter")
    ] == ["arn:aws:ssm:us-east-2:123456789012:parameter/rp-mw/dev/flags/stage_ceiling"]
    error_message = "Only rp-mw promote raises a stage: the worker's role may set the ceiling, and nothing else."
  }
}

run "without_the_audit_trail_the_worker_may_not_write_it" {
  command = plan

  variables {
    audit_trail_enabled = false
  }

  assert {
    condition     = output.environment["AUDIT_TRAIL_TABLE"] == "" && !strcontains(output.role_policy_json, "audit_trail")
    error_message = "No table, no name, no permission."
  }
}

run "refuses_days_with_which_the_worker_does_not_start" {
  command = plan

  variables {
    table_ttl_days = { idempotency = 7 }
  }

  expect_failures = [var.table_ttl_days]
}

run "a_planned_wait_pages_nobody" {
  command = plan

  assert {
    condition     = module.alarms.counted["oldest-message-critical"].threshold == 850 + 5 * 60
    error_message = "A message may wait 10, 40, 160 and 640 s between five deliveries, and each may take the function's time."
  }
}

run "refuses_a_warning_after_the_page" {
  command = plan

  variables {
    alarm_thresholds = {
      errors_per_minute        = 0
      queue_age_warn_seconds   = 1800
      fallback_percent         = 50
      duplicates_per_minute    = 20
      vendor_throttled_percent = 10
      vendor_errors_percent    = 20
      sweep_tickets_per_run    = 10
    }
  }

  expect_failures = [var.alarm_thresholds]
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

run "refuses_a_mapping_over_the_reservation" {
  command = plan

  variables {
    maximum_concurrency = 50
  }

  expect_failures = [var.maximum_concurrency]
}

run "takes_the_most_workers_that_can_finish_an_event_each" {
  command = plan

  variables {
    maximum_concurrency = 4
  }

  assert {
    condition     = output.environment["RICHPANEL_WORKERS"] == "4"
    error_message = "4 workers x 12 requests, which one event may need, are within the budget of 50."
  }
}

run "refuses_more_workers_than_the_budget_feeds_with_an_event_each" {
  command = plan

  variables {
    maximum_concurrency = 5
  }

  expect_failures = [var.maximum_concurrency]
}

run "refuses_no_author" {
  command = plan

  variables {
    richpanel_author_id = ""
  }

  expect_failures = [var.richpanel_author_id]
}

run "refuses_richpanel_in_the_clear" {
  command = plan

  variables {
    richpanel_base_url = "http://api.example"
  }

  expect_failures = [var.richpanel_base_url]
}

run "refuses_a_model_in_the_clear" {
  command = plan

  variables {
    openai_base_url = "http://api.example"
  }

  expect_failures = [var.openai_base_url]
}

run "refuses_a_sweep_every_minute" {
  command = plan

  variables {
    sweep_interval_minutes = 1
  }

  expect_failures = [var.sweep_interval_minutes]
}

run "refuses_a_sweep_every_other_hour" {
  command = plan

  variables {
    sweep_interval_minutes = 120
  }

  expect_failures = [var.sweep_interval_minutes]
}

run "refuses_a_threshold_out_of_range" {
  command = plan

  variables {
    alarm_thresholds = {
      errors_per_minute        = -1
      queue_age_warn_seconds   = 300
      fallback_percent         = 50
      duplicates_per_minute    = 20
      vendor_throttled_percent = 10
      vendor_errors_percent    = 20
      sweep_tickets_per_run    = 10
    }
  }

  expect_failures = [var.alarm_thresholds]
}

run "refuses_the_placeholder_of_the_author" {
  command = plan

  variables {
    richpanel_author_id = "set-me"
  }

  expect_failures = [var.richpanel_author_id]
}

run "refuses_a_release_without_a_digest" {
  command = plan

  variables {
    release = { version = "0.1.0" }
  }

  expect_failures = [var.release]
}

run "refuses_no_release" {
  command = plan

  variables {
    release = null
  }

  expect_failures = [var.release]
}

run "the_key_holds_the_digest_of_the_release" {
  command = plan

  assert {
    condition     = data.aws_s3_object.artefact.key == "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip" && local.package.key == data.aws_s3_object.artefact.key
    error_message = "The key must hold the recorded SHA-256, as sha256sum prints it."
  }
}

run "another_digest_is_another_key" {
  command = plan

  variables {
    release = { version = "0.1.0", sha256_base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH/8=" }
  }

  assert {
    condition     = local.package.key == "worker/0.1.0/0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fff.zip"
    error_message = "Every byte of the digest must be in the key, leading zeros too."
  }
}

run "refuses_bytes_that_were_not_released" {
  command = plan

  override_data {
    target = data.aws_s3_object.artefact
    values = { checksum_sha256 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", key = "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip" }
  }

  expect_failures = [data.aws_s3_object.artefact]
}

# What S3 says of an upload in parts, the AWS command line's way with a zip of this size: no SHA-256 of the bytes.
run "refuses_a_zip_that_was_uploaded_in_parts" {
  command = plan

  override_data {
    target = data.aws_s3_object.artefact
    values = { checksum_sha256 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=-4", key = "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip" }
  }

  expect_failures = [data.aws_s3_object.artefact]
}

run "refuses_a_zip_without_a_checksum" {
  command = plan

  override_data {
    target = data.aws_s3_object.artefact
    values = { checksum_sha256 = "", key = "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip" }
  }

  expect_failures = [data.aws_s3_object.artefact]
}

run "takes_the_bytes_that_were_released" {
  command = plan

  override_data {
    target = data.aws_s3_object.artefact
    values = { checksum_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", key = "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip", version_id = "version-1" }
  }

  assert {
    condition     = local.package.object_version == "version-1"
    error_message = "The object's version that was looked at is deployed."
  }

  assert {
    condition     = local.package.sha256_base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "The recorded hash is deployed."
  }
}

run "refuses_the_state_of_another_environment" {
  command = plan

  variables {
    run = {
      store_type         = "s3"
      bucket             = "rp-mw-staging-terraform-state"
      bucket_region      = "us-east-2"
      wanted_bucket      = "rp-mw-dev-terraform-state"
      wanted_region      = "us-east-2"
      selected_workspace = "dev"
      unknown_values     = []
    }
  }

  expect_failures = [var.run]
}

run "refuses_a_region_without_its_state" {
  command = plan

  variables {
    region = "eu-central-1"
  }

  expect_failures = [var.run]
}

run "refuses_a_value_that_no_variable_takes" {
  command = plan

  variables {
    run = {
      store_type         = "local"
      bucket             = "none"
      bucket_region      = "none"
      wanted_bucket      = "rp-mw-dev-terraform-state"
      wanted_region      = "us-east-2"
      selected_workspace = "dev"
      unknown_values     = ["richpanel_autor"]
    }
  }

  expect_failures = [var.run]
}

run "refuses_the_placeholder_of_the_account" {
  command = plan

  variables {
    account_ids = ["000000000000"]
  }

  expect_failures = [var.account_ids]
}

run "an_environment_keeps_items_as_long_as_it_says" {
  command = plan

  variables {
    table_ttl_days = { conversation_state = 30 }
  }

  assert {
    condition     = output.environment["CONVERSATION_STATE_TTL_DAYS"] == "30" && output.environment["AUDIT_TRAIL_TTL_DAYS"] == "60" && output.environment["IDEMPOTENCY_TTL_DAYS"] == "30"
    error_message = "What is not named is what the topology says."
  }
}

run "refuses_a_table_that_is_none" {
  command = plan

  variables {
    table_ttl_days = { conversations = 30 }
  }

  expect_failures = [var.table_ttl_days]
}

run "reads_a_sample_back_where_that_is_said" {
  command = plan

  variables {
    read_back = { one_in = 5, rating_field = "csat" }
  }

  assert {
    condition     = local.function_environment["READ_BACK_ONE_IN"] == "5" && local.function_environment["RICHPANEL_RATING_FIELD"] == "csat"
    error_message = "The worker reads both from its environment."
  }
}

run "refuses_a_sample_that_is_none" {
  command = plan

  variables {
    read_back = { one_in = 0.5 }
  }

  expect_failures = [var.read_back]
}
