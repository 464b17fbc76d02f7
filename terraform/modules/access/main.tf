# Who may do what, besides the services themselves: GitHub's workflows by OIDC, and people by policies to attach.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  state_arn  = "arn:${local.partition}:s3:::${var.state_bucket}"
  issuer     = "token.actions.githubusercontent.com"
  issuer_arn = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"

  # Which of GitHub's environments may take which role: its reviewers stand before the role, not a branch's name.
  roles = var.repository == null ? {} : {
    plan   = "${var.environment}-plan"
    deploy = var.environment
  }
}

# One for an account: where it exists already (another environment, another product), name it instead.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.repository != null && var.creates_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "assume" {
  for_each = local.roles

  statement {
    sid     = "GitHubAssumes"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.issuer_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${each.value}"]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each = local.roles

  name                 = "${var.prefix}-github-${each.key}"
  description          = "Taken by ${var.repository}'s workflows in GitHub's environment ${each.value}."
  assume_role_policy   = data.aws_iam_policy_document.assume[each.key].json
  max_session_duration = 3 * 3600 # a canary lasts two hours at most

  depends_on = [aws_iam_openid_connect_provider.github]
}

# A plan reads: what is there, and the state, which it locks. It reads no secret, no message, no table's items.
data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}/env:/${var.environment}/*"]
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_arn}/env:/${var.environment}/*.tflock"]
  }

  statement {
    sid       = "ListBuckets"
    actions   = ["s3:ListBucket"]
    resources = [local.state_arn, "arn:${local.partition}:s3:::${var.artefact_bucket}"]
  }

  statement {
    sid       = "ReadArtefacts"
    actions   = ["s3:GetObject"]
    resources = ["arn:${local.partition}:s3:::${var.artefact_bucket}/*"]
  }

  statement {
    sid       = "UseKeyForArtefacts"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadParameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = ["arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/rp-mw/${var.environment}/*"]
  }

  # ReadOnlyAccess reads these too; a plan has no business with what customers wrote or what opens a vendor's door.
  statement {
    sid    = "NeverReadContents"
    effect = "Deny"

    actions = [
      "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect",
      "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery", "logs:Unmask",
      "secretsmanager:GetSecretValue", "sqs:ReceiveMessage",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "plan" {
  for_each = { for name, role in aws_iam_role.github : name => role if name == "plan" }

  name   = "plan"
  role   = each.value.id
  policy = data.aws_iam_policy_document.plan.json
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = { for name, role in aws_iam_role.github : name => role if name == "plan" }

  role       = each.value.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"
}

# A deploy changes infrastructure, whose kinds are many: it may what an administrator may, except what it must not undo.
resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = { for name, role in aws_iam_role.github : name => role if name == "deploy" }

  role       = each.value.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AdministratorAccess"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    sid    = "NeverTakeAway"
    effect = "Deny"

    actions = [
      "dynamodb:DeleteTable", "dynamodb:DeleteBackup", "kms:ScheduleKeyDeletion", "kms:DisableKey",
      "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:ReceiveMessage",
      "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect",
    ]
    resources = ["*"]
  }

  # a role that could widen its own trust would be every branch's role
  statement {
    sid     = "NeverChangeItself"
    effect  = "Deny"
    actions = ["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:CreateUser", "iam:CreateAccessKey"]
    resources = [
      "arn:${local.partition}:iam::${local.account}:role/${var.prefix}-github-*",
      "arn:${local.partition}:iam::${local.account}:user/*",
    ]
  }
}

resource "aws_iam_role_policy" "deploy" {
  for_each = { for name, role in aws_iam_role.github : name => role if name == "deploy" }

  name   = "never"
  role   = each.value.id
  policy = data.aws_iam_policy_document.deploy.json
}
