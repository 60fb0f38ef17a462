"""The files to deploy from: valid, in accord with the program, and as careful as `docs/operations.md` promises."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from attrs import fields
from prometheus_client.parser import text_string_to_metric_families

from gistsearch import __version__
from gistsearch.adapters.web import Metrics
from gistsearch.adapters.web.server import KILL_AFTER_DRAIN_S
from gistsearch.settings import Settings, variables_of
from tests.faces.web_fixtures import client, one_gist

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
RULES = ROOT / "deploy" / "prometheus" / "rules.yaml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

RESOURCES = [path.name for path in sorted(KUBERNETES.glob("*.yaml")) if path.name != "kustomization.yaml"]
VARIABLES = {variable for attribute in fields(Settings) for variable in variables_of(attribute)}


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def pod() -> dict[str, Any]:
    return load(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]


def container() -> dict[str, Any]:
    (found,) = pod()["containers"]
    return found


def compose() -> dict[str, Any]:
    return load(ROOT / "compose.yaml")["services"]["gistsearch"]


def variable(name: str) -> str:
    """Return what the deployment sets a variable to."""
    (found,) = (each["value"] for each in container()["env"] if each["name"] == name)
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_a_manifest_is_what_kubernetes_accepts(name: str) -> None:
    """By the schemas of a recent release, strictly: a field that is misspelt is an error."""
    kubernetes_validate.validate(load(KUBERNETES / name), "1.31", strict=True)


def test_a_manifest_that_is_wrong_is_noticed() -> None:
    """So that the test above can fail."""
    manifest = load(KUBERNETES / "deployment.yaml")
    manifest["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFileSystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_all_manifests_are_applied_together() -> None:
    """None is forgotten, and all select the same pods."""
    assert sorted(load(KUBERNETES / "kustomization.yaml")["resources"]) == RESOURCES
    labels = load(KUBERNETES / "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        load(KUBERNETES / "deployment.yaml")["spec"]["selector"]["matchLabels"],
        load(KUBERNETES / "service.yaml")["spec"]["selector"],
        load(KUBERNETES / "disruption-budget.yaml")["spec"]["selector"]["matchLabels"],
        load(KUBERNETES / "network-policy.yaml")["spec"]["podSelector"]["matchLabels"],
    ]
    assert selectors == [labels] * 4


def test_a_pod_may_do_nothing_that_it_does_not_need() -> None:
    """Not root, no capabilities, a read-only root, no token for the cluster's API."""
    user = re.search(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert user
    assert pod()["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user[1]),
        "runAsGroup": int(user[1]),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod()["automountServiceAccountToken"] is False
    assert "memory" in container()["resources"]["limits"]


def test_a_service_called_gistsearch_sets_no_setting() -> None:
    """Kubernetes would set GISTSEARCH_PORT to an address."""
    assert pod()["enableServiceLinks"] is False


def test_probes_ask_for_what_there_is() -> None:
    """At the port that the image listens on."""
    (port,) = container()["ports"]
    assert f"GISTSEARCH_PORT={port['containerPort']} " in DOCKERFILE
    web = client(one_gist())
    paths = {name: container()[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: web.get(probe["path"]).status_code for name, probe in paths.items()} == dict.fromkeys(paths, 200)
    assert paths["readiness"]["path"] == "/readyz"
    assert {probe["port"] for probe in paths.values()} == {port["name"]}


def test_nobody_is_killed_while_searches_may_still_end() -> None:
    """The time until a pod or a container is killed is longer than all that happens before."""
    (_, pause_s) = container()["lifecycle"]["preStop"]["exec"]["command"]
    needed_s = float(variable("GISTSEARCH_DRAIN_S")) + KILL_AFTER_DRAIN_S
    assert pod()["terminationGracePeriodSeconds"] > float(pause_s) + needed_s
    assert float(compose()["stop_grace_period"].removesuffix("s")) > needed_s


def test_one_pod_at_a_time_is_replaced() -> None:
    """By an upgrade or by an eviction; meanwhile another one answers."""
    assert load(KUBERNETES / "deployment.yaml")["spec"]["replicas"] >= 2
    assert load(KUBERNETES / "deployment.yaml")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert load(KUBERNETES / "disruption-budget.yaml")["spec"]["maxUnavailable"] == 1


def test_pods_reach_the_internet_but_no_private_network() -> None:
    """Apart from the cluster's name service. The metadata service of clouds is at a link-local address."""
    policy = load(KUBERNETES / "network-policy.yaml")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    names, internet = policy["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert [port["port"] for port in internet["ports"]] == [443]
    blocked = {network for each in internet["to"] for network in each["ipBlock"]["except"]}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"} <= blocked


def test_a_container_of_compose_may_do_as_little() -> None:
    """And is reached from this machine alone."""
    service = compose()
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ports"] == ["127.0.0.1:9876:9876"]


@pytest.mark.parametrize("image", [container()["image"], compose()["image"]])
def test_images_are_of_this_version(image: str) -> None:
    """Not of whatever is the latest."""
    assert image == f"gistsearch:{__version__}"


@pytest.mark.parametrize("path", ["Dockerfile", "compose.yaml", "deploy/kubernetes/deployment.yaml"])
def test_settings_exist(path: str) -> None:
    """A variable that nobody reads would be a mistake."""
    named = set(re.findall(r"GISTSEARCH_[A-Z_]+", (ROOT / path).read_text()))
    assert named
    assert named <= VARIABLES


def test_the_image_has_labels_and_does_not_run_as_root() -> None:
    """Those of the OCI that do not depend on where it is built."""
    for name in ("title", "description", "licenses", "version"):
        assert f"org.opencontainers.image.{name}=" in DOCKERFILE
    assert f'org.opencontainers.image.version="{__version__}"' in DOCKERFILE


def test_alerts_are_about_metrics_that_exist() -> None:
    """With labels that they have."""
    known = _metrics()
    for rule in _alerts():
        for name, labels in re.findall(r"(gistsearch_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in known, rule["alert"]
            assert set(re.findall(r"(\w+)=", labels)) <= known[name]


def _metrics() -> dict[str, set[str]]:
    """Return the labels of all samples, by name."""
    metrics = Metrics()
    for host in ("api", "raw"):
        observer = metrics.upstream.of_host(host)
        observer.answered(200)
        observer.quota(1, 2, 3)
    metrics.searches.labels("success").inc()
    metrics.skipped.labels("gone").inc()
    metrics.responses.labels("/", "200").inc()
    page = metrics.page().get_data(as_text=True)
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(page) for sample in family.samples
    }


def _alerts() -> list[dict[str, Any]]:
    return [rule for group in load(RULES)["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", [rule["alert"] for rule in _alerts()])
def test_operations_says_what_to_do_about_an_alert(name: str) -> None:
    """In a row of its table."""
    assert f"\n| `{name}` |" in OPERATIONS


def test_operations_explains_every_metric() -> None:
    """By its name as Prometheus shows it, and no metric that there is not."""
    explained = set(re.findall(r"^\| `(gistsearch_\w+)`", OPERATIONS, re.MULTILINE))
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in _metrics()} | {
        "gistsearch_upstream_retries_total",
        "gistsearch_upstream_received_bytes_total",
        "gistsearch_upstream_connections",
    }
    assert explained == shown


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
@pytest.mark.parametrize("words", [("check", "rules", "rules.yaml"), ("test", "rules", "rules_test.yaml")])
def test_prometheus_accepts_the_alerts_and_raises_them_when_it_should(words: tuple[str, ...]) -> None:
    """By its own tool; `rules_test.yaml` has the cases."""
    ran = subprocess.run(["promtool", *words], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
