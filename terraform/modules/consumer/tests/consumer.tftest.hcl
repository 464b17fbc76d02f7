# On the example's small topology. Run in workspace dev: make tf sets TF_WORKSPACE.
variables {
  service              = "archiver"
  topology_file        = "examples/basic/topology.yaml"
  environment          = "dev"
  region               = "us-east-2"
  account_ids          = ["123456789012"]
  release              = { version = "0.1.0", sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
  traffic              = "apply"
  canary               = { percent = 50, events_per_hour = 20 }
  log_retention_days   = 14
  reserved_concurrency = 5

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

run "the_topology_says_what_the_function_is" {
  command = plan

  assert {
    condition     = output.function_name == "rp-mw-dev-archiver" && keys(output.environment) == ["DLQ_URL", "QUEUE_URL", "RP_MW_ENV"]
    error_message = "Every variable of the topology is set and nothing else, under the function's own name."
  }

  assert {
    condition     = strcontains(output.environment.QUEUE_URL, "rp-mw-dev-archive.fifo") && strcontains(output.environment.DLQ_URL, "rp-mw-dev-archive-dlq.fifo")
    error_message = "The function is told its own queue and dead-letter queue."
  }

  assert {
    condition     = !strcontains(output.role_policy_json, "dynamodb") && !strcontains(output.role_policy_json, "secretsmanager")
    error_message = "What the topology does not permit is not permitted."
  }
}

run "its_queue_is_watched_and_a_planned_wait_pages_nobody" {
  command = plan

  assert {
    condition     = module.alarms.counted["oldest-message-critical"].threshold == 50 + 3 * 30
    error_message = "A message may wait 10 and 40 s between three deliveries, and each may take the function's time."
  }
}

run "refuses_a_service_that_is_no_plain_consumer" {
  command = plan

  variables {
    service = "lister"
  }

  expect_failures = [var.service]
}

run "refuses_a_service_that_the_topology_does_not_have" {
  command = plan

  variables {
    service = "mailer"
  }

  expect_failures = [var.service]
}

run "refuses_a_topology_that_is_not_there" {
  command = plan

  variables {
    topology_file = "topology.yaml"
  }

  expect_failures = [var.topology_file]
}

run "refuses_the_tfvars_of_another_environment" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "refuses_a_value_that_no_variable_takes" {
  command = plan

  variables {
    run = {
      store_type         = "s3"
      bucket             = "rp-mw-dev-terraform-state"
      bucket_region      = "us-east-2"
      wanted_bucket      = "rp-mw-dev-terraform-state"
      wanted_region      = "us-east-2"
      selected_workspace = "dev"
      unknown_values     = ["reserved_concurrency"]
    }
  }

  expect_failures = [var.run]
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

run "refuses_no_concurrency" {
  command = plan

  variables {
    reserved_concurrency = 1
  }

  expect_failures = [var.reserved_concurrency]
}
