//! Requests as people make them, for a first look at the bot.

use serde_json::json;

use super::requests::{DisplayRow, RequestSeed};

/// Five requests of different types. One is for somebody else than its requester, one has a list of approvers,
/// one has neither reason nor duration, and one has a long permission.
pub fn samples() -> Vec<RequestSeed> {
    vec![aws_role(), gcp_role(), ssh_session(), k8s_role(), okta_group()]
}

fn aws_role() -> RequestSeed {
    RequestSeed {
        r#type: "aws".to_owned(),
        access: "role".to_owned(),
        permission: json!({ "role": "AdministratorAccess", "accountId": "444455556666", "region": "eu-central-1" }),
        requestor: "rita@example.com".to_owned(),
        principal: "rita@example.com".to_owned(),
        reason: Some("INC-2041: checkout answers 500, the task definition has to be rolled back".to_owned()),
        duration: Some("2 hours".to_owned()),
        rows: vec![
            DisplayRow::new("Role", "AdministratorAccess"),
            DisplayRow::new("Account", "prod (444455556666)"),
            DisplayRow {
                is_hidden: true,
                ..DisplayRow::new("Provider", "arn:aws:iam::444455556666:saml-provider/okta")
            },
        ],
        ..RequestSeed::default()
    }
}

fn gcp_role() -> RequestSeed {
    RequestSeed {
        r#type: "gcloud".to_owned(),
        access: "role".to_owned(),
        permission: json!({ "projectId": "acme-billing", "role": "roles/bigquery.dataViewer" }),
        requestor: "omar@example.com".to_owned(),
        principal: "nightly-report@acme-billing.iam.gserviceaccount.com".to_owned(),
        reason: Some("The nightly report reads the new invoice table".to_owned()),
        duration: Some("1 day".to_owned()),
        rows: vec![DisplayRow::new("Role", "BigQuery Data Viewer"), DisplayRow::new("Project", "acme-billing")],
        ..RequestSeed::default()
    }
}

fn ssh_session() -> RequestSeed {
    RequestSeed {
        r#type: "ssh".to_owned(),
        access: "session".to_owned(),
        permission: json!({ "provider": "aws", "instanceId": "i-0f3c9a7d21b4e8856", "sudo": true }),
        requestor: "mei@example.com".to_owned(),
        principal: "mei@example.com".to_owned(),
        reason: Some("Take a heap dump of worker-7 before it is replaced".to_owned()),
        duration: Some("30m".to_owned()),
        rows: vec![DisplayRow::new("Instance", "worker-7 (i-0f3c9a7d21b4e8856)"), DisplayRow::new("Sudo", "yes")],
        ..RequestSeed::default()
    }
}

fn k8s_role() -> RequestSeed {
    RequestSeed {
        r#type: "k8s".to_owned(),
        access: "resource".to_owned(),
        permission: json!({
            "clusterId": "prod-eu-1",
            "role": "ClusterRole / debug",
            "resource": { "kind": "Pod", "namespace": "payments", "name": "ledger-6f9c7d5b8-x2x7k" },
        }),
        requestor: "rita@example.com".to_owned(),
        principal: "rita@example.com".to_owned(),
        reason: Some("Follow a stuck payout into the pod".to_owned()),
        duration: Some("1h30m".to_owned()),
        rows: vec![
            DisplayRow::new("Cluster", "prod-eu-1"),
            DisplayRow::new("Resource", "Pod / payments / ledger-6f9c7d5b8-x2x7k"),
            DisplayRow::new("Role", "ClusterRole / debug"),
        ],
        approvers: Some(vec!["alice@example.com".to_owned()]),
        ..RequestSeed::default()
    }
}

fn okta_group() -> RequestSeed {
    RequestSeed {
        r#type: "okta".to_owned(),
        access: "group".to_owned(),
        permission: json!({ "groupId": "00g1ab2cd3EF4gh5i6j7", "groupName": "Finance – read only" }),
        requestor: "contractor@partner.example".to_owned(),
        principal: "contractor@partner.example".to_owned(),
        reason: None,
        duration: None,
        rows: vec![DisplayRow::new("Group", "Finance – read only")],
        ..RequestSeed::default()
    }
}
