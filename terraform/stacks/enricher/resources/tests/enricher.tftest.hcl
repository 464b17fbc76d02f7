# Run in workspace dev: make tf sets TF_WORKSPACE.
variables {
  environment          = "dev"
  region               = "us-east-2"
  account_ids          = ["123456789012"]
  release              = { version = "0.1.0", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  traffic              = "apply"
  canary               = { percent = 50, events_per_hour = 20 }
  log_retention_days   = 14
  reserved_concurrency = 5
  maximum_concurrency  = 2
  shopify_base_url     = "https://shop-of-the-test.myshopify.com"

  alarm_thresholds = {
    errors_per_minute        = 0
    queue_age_warn_seconds   = 300
    vendor_throttled_percent = 10
    vendor_errors_percent    = 20
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

run "enricher_touches_no_table" {
  command = plan

  assert {
    condition     = !strcontains(output.role_policy_json, "dynamodb")
    error_message = "The enricher has no business with the tables."
  }

  assert {
    condition     = keys(output.environment) == keys(local.settings.environment)
    error_message = "Every variable of the topology is set and nothing else."
  }
}

run "a_planned_wait_pages_nobody" {
  command = plan

  assert {
    condition     = module.alarms.counted["oldest-message-critical"].threshold == 850 + 5 * local.settings.timeout_seconds
    error_message = "A message may wait 10, 40, 160 and 640 s between five deliveries, and each may take the function's time."
  }
}

run "refuses_a_warning_after_the_page" {
  command = plan

  variables {
    alarm_thresholds = {
      errors_per_minute        = 0
      queue_age_warn_seconds   = 1800
      vendor_throttled_percent = 10
      vendor_errors_percent    = 20
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

run "refuses_a_shop_that_is_none" {
  command = plan

  variables {
    shopify_base_url = "https://shop.example"
  }

  expect_failures = [var.shopify_base_url]
}

run "refuses_a_threshold_out_of_range" {
  command = plan

  variables {
    alarm_thresholds = {
      errors_per_minute        = -1
      queue_age_warn_seconds   = 300
      vendor_throttled_percent = 10
      vendor_errors_percent    = 20
    }
  }

  expect_failures = [var.alarm_thresholds]
}

run "passes_the_shops_order_names_on" {
  command = plan

  variables {
    shopify_order_name_prefix = "EN"
    shopify_order_name_suffix = "-US"
  }

  assert {
    condition     = output.environment["SHOPIFY_ORDER_NAME_PREFIX"] == "EN" && output.environment["SHOPIFY_ORDER_NAME_SUFFIX"] == "-US"
    error_message = "The enricher compares names by the shop's own prefix and suffix."
  }
}

run "refuses_a_prefix_that_is_none" {
  command = plan

  variables {
    shopify_order_name_prefix = "EN \""
  }

  expect_failures = [var.shopify_order_name_prefix]
}

run "refuses_the_placeholder_of_the_shop" {
  command = plan

  variables {
    shopify_base_url = "https://example.myshopify.com"
  }

  expect_failures = [var.shopify_base_url]
}
