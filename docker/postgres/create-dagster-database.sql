-- Run once, when PostgreSQL starts on an empty volume: Dagster keeps its own records apart from ours.
create database dagster;
