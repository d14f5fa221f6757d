"""The containers, checked without running one: what the files name exists, and Dagster accepts its configuration."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance
from sqlalchemy.engine import make_url

from tests.conftest import REPOSITORY

DOCKER = REPOSITORY / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_there_is_a_service_for_each_part_of_the_platform() -> None:
    assert set(SERVICES) == {"postgres", "code", "webserver", "daemon", "api", "dispatcher"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_built_from_a_dockerfile_that_exists(name: str) -> None:
    build = OURS[name]["build"]
    context = (DOCKER / build["context"]).resolve()
    assert context == REPOSITORY
    assert (context / build["dockerfile"]).is_file()


def test_what_the_image_copies_exists_and_reaches_the_builder() -> None:
    allowed = [line[1:] for line in _lines(DOCKER / "Dockerfile.dockerignore") if line.startswith("!")]
    copied = []
    for line in _lines(DOCKER / "Dockerfile"):
        if line.startswith("COPY ") and "--from=" not in line:
            copied += [word for word in line.split()[1:-1] if not word.startswith("--")]
    assert copied
    for source in copied:
        assert (REPOSITORY / source).exists(), source
        assert source in allowed, f"{source} is copied and not let through by Dockerfile.dockerignore"
    assert set(allowed) == set(copied)


def test_the_image_takes_every_package_that_is_installed_and_every_extra() -> None:
    pyproject = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    packages = re.search(r'^packages = \["(.+)"\]$', pyproject, re.MULTILINE)
    assert packages is not None
    for package in packages.group(1).split('", "'):
        assert f"COPY {package} {package}" in dockerfile
    assert '".[postgres,ui,s3,telemetry]"' in dockerfile
    assert "USER stratum" in dockerfile


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_and_waits_for_exists(name: str) -> None:
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    for awaited, condition in service.get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[awaited]


@pytest.mark.parametrize("name", OURS)
def test_the_databases_a_service_reaches_are_made_by_postgres(name: str) -> None:
    environment = OURS[name]["environment"]
    made = {SERVICES["postgres"]["environment"]["POSTGRES_DB"]}
    for script in (DOCKER / "postgres").glob("*.sql"):
        made |= set(re.findall(r"create database (\w+);", script.read_text(encoding="utf-8")))
    for variable, driver in (("STRATUM_DATABASE_URL", "psycopg"), ("DAGSTER_DATABASE_URL", "psycopg2")):
        url = make_url(re.sub(r"\$\{[^}]*\}", "secret", environment[variable]))
        assert url.drivername == f"postgresql+{driver}"
        assert url.host in SERVICES
        assert url.database in made
        assert url.username == SERVICES["postgres"]["environment"]["POSTGRES_USER"]


def test_no_password_stands_in_the_files_and_a_missing_one_stops_the_start() -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    assert len(re.findall(r"\$\{STRATUM_POSTGRES_PASSWORD:\?", text)) == 3
    assert SERVICES["code"]["environment"]["ODDS_API_KEY"] is None


def test_nothing_but_the_page_and_the_api_is_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"webserver": ["127.0.0.1:3000:3000"], "api": ["127.0.0.1:8000:8000"]}


def test_the_workspace_finds_the_code_server() -> None:
    (location,) = yaml.safe_load((DOCKER / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    server = location["grpc_server"]
    command = shlex.join(SERVICES[server["host"]]["command"])
    assert f"--port {server['port']} " in command
    assert "--module-name stratum_pipelines.definitions" in command
    assert str(server["port"]) in SERVICES[server["host"]]["healthcheck"]["test"]


def test_both_workspaces_name_the_same_code_location() -> None:
    (inside,) = yaml.safe_load((DOCKER / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    (outside,) = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    assert inside["grpc_server"]["location_name"] == outside["python_module"]["location_name"]
    assert find_spec(outside["python_module"]["module_name"]) is not None


@pytest.mark.parametrize("name", ["webserver", "daemon"])
def test_the_workspace_file_lies_where_the_commands_look(name: str) -> None:
    command = SERVICES[name]["command"]
    folder = Path(command[command.index("--workspace") + 1]).parent
    assert f"docker/workspace.yaml {folder}/" in (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert f"DAGSTER_HOME={folder}" in (DOCKER / "Dockerfile").read_text(encoding="utf-8")


def test_dagster_keeps_its_records_in_one_file_by_default(home: Path) -> None:
    dagster_home = home / "dagster"
    (dagster_home / "dagster.yaml").write_bytes((REPOSITORY / "dagster.yaml").read_bytes())
    with DagsterInstance.from_config(str(dagster_home)) as instance:
        assert instance.get_runs_count() == 0
        assert not instance.telemetry_enabled
    assert (dagster_home / "event_log.db").is_file()


def test_dagster_keeps_its_records_in_postgresql_in_containers(
    home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dagster_home = home / "dagster"
    (dagster_home / "dagster.yaml").write_bytes((DOCKER / "dagster.yaml").read_bytes())
    url = make_url(postgres_url).set(drivername="postgresql+psycopg2")
    monkeypatch.setenv("DAGSTER_DATABASE_URL", url.render_as_string(hide_password=False))
    with DagsterInstance.from_config(str(dagster_home)) as instance:
        assert instance.get_runs_count() == 0
        assert instance.event_log_storage.has_table("event_logs")


def test_both_configurations_of_dagster_differ_in_storage_alone() -> None:
    outside = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))
    inside = yaml.safe_load((DOCKER / "dagster.yaml").read_text(encoding="utf-8"))
    for configuration in (outside, inside):
        for storage in ("storage", "event_log_storage", "code_servers"):
            configuration.pop(storage, None)
    assert outside == inside


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
