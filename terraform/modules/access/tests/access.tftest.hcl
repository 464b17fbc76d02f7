# Without mocks: the policy documents are computed for real.
provider "aws" {
  region = "us-east-2"
}

variables {
  environment     = "prod"
  prefix          = "rp-mw-prod"
  repository      = "example/rp-mw"
  state_bucket    = "rp-mw-prod-terraform-state"
  artefact_bucket = "rp-mw-prod-artefacts-123456789012"
  kms_key_arn     = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_role_is_taken_from_one_environment_of_one_repository" {
  command = apply

  assert {
    condition     = jsondecode(aws_iam_role.github["deploy"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/rp-mw:environment:prod"
    error_message = "Only GitHub's environment prod, whose reviewers approve, may take the deploy role."
  }

  assert {
    condition     = jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/rp-mw:environment:prod-plan"
    error_message = "A pull request's plan takes the plan role and no other."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.github : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"])
    error_message = "The token must be meant for AWS."
  }
}

run "a_plan_changes_nothing_but_its_lock_and_reads_no_contents" {
  command = apply

  assert {
    condition     = toset(flatten([for s in jsondecode(aws_iam_role_policy.plan["plan"].policy).Statement : s.Action if s.Effect == "Allow" && length(regexall("Put|Delete|Create|Update", jsonencode(s.Action))) > 0])) == toset(["s3:PutObject", "s3:DeleteObject"])
    error_message = "A plan writes nothing."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.plan["plan"].policy).Statement : s.Resource if s.Sid == "LockState"]) == "arn:aws:s3:::rp-mw-prod-terraform-state/env:/prod/*.tflock"
    error_message = "A plan's writes are its lock."
  }

  assert {
    condition     = alltrue([for action in ["secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "dynamodb:Query", "logs:GetLogEvents"] : contains(one([for s in jsondecode(aws_iam_role_policy.plan["plan"].policy).Statement : s.Action if s.Effect == "Deny"]), action)])
    error_message = "A pull request must not read secrets, messages, items or logs."
  }
}

run "a_deploy_takes_nothing_away_and_does_not_widen_its_own_trust" {
  command = apply

  assert {
    condition     = alltrue([for action in ["dynamodb:DeleteTable", "sqs:DeleteQueue", "kms:ScheduleKeyDeletion", "secretsmanager:GetSecretValue"] : contains(flatten([for s in jsondecode(aws_iam_role_policy.deploy["deploy"].policy).Statement : s.Action if s.Effect == "Deny"]), action)])
    error_message = "A workflow must not delete what nobody gets back, nor read a secret."
  }

  assert {
    condition     = contains(flatten([for s in jsondecode(aws_iam_role_policy.deploy["deploy"].policy).Statement : s.Action if s.Sid == "NeverChangeItself"]), "iam:UpdateAssumeRolePolicy")
    error_message = "A role that can change its own trust is everybody's role."
  }
}

run "without_a_repository_there_are_no_roles_of_github" {
  command = plan

  variables {
    repository = null
  }

  assert {
    condition     = length(aws_iam_role.github) == 0 && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "Nothing is trusted that nobody named."
  }
}

run "refuses_a_pattern_of_repositories" {
  command = plan

  variables {
    repository = "example/*"
  }

  expect_failures = [var.repository]
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "qa"
  }

  expect_failures = [var.environment]
}

run "refuses_a_prefix_off_the_convention" {
  command = plan

  variables {
    prefix = "prod"
  }

  expect_failures = [var.prefix]
}
