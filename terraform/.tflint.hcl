tflint {
  required_version = ">= 0.50"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "aws" {
  enabled = true
  version = "0.44.0"
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
}

# The stacks share environment.tf and release.tf by design, so not everything stands in variables.tf and outputs.tf.
rule "terraform_standard_module_structure" {
  enabled = false
}
