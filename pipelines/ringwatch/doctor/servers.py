"""Neo4j and GDS: whether they answer, their versions, and graphs that GDS was left with."""

from __future__ import annotations

from ringwatch.doctor.finding import Finding, bad, ok, warn
from ringwatch.doctor.patient import Patient
from ringwatch.doctor.stores import somebody_works
from ringwatch.resources import cypher
from ringwatch.server.download import has_jars
from ringwatch.server.external import GDS_LINE, NEO4J_LINE

_NOT_ASKED = "the server was not asked, since it does not answer"


def server(patient: Patient) -> Finding:
    found = patient.server
    if found.answers:
        return ok(f"Neo4j answers at {found.uri}")
    if found.running:
        return bad(
            f"Neo4j runs (pid {found.pid}) and does not answer", "see `ringwatch server logs`, then stop and start it"
        )
    if not has_jars(patient.settings):
        return warn("Neo4j was not downloaded yet", "run `ringwatch server start` while there is a network")
    return ok("Neo4j does not run; the next night starts it")


def versions(patient: Patient) -> Finding:
    found = patient.server
    if not found.neo4j or not found.gds:
        return ok(f"Neo4j {NEO4J_LINE}x with GDS {GDS_LINE}x are started by the next night")
    says = f"Neo4j {found.neo4j} with GDS {found.gds}"
    if found.neo4j.startswith(NEO4J_LINE) and found.gds.startswith(GDS_LINE):
        return ok(says)
    return bad(
        says, f"ringwatch needs Neo4j {NEO4J_LINE}x with GDS {GDS_LINE}x; stop the server, the next night starts it"
    )


def projections(patient: Patient) -> Finding:
    if patient.graph is None:
        return ok(_NOT_ASKED)
    graphs = patient.graph.read(cypher("doctor/list_projections"))
    if not graphs:
        return ok("GDS holds no graphs")
    says = f"GDS holds {', '.join(graph['name'] for graph in graphs)} ({sum(graph['mb'] for graph in graphs):,} MB)"
    if somebody_works(patient):
        return ok(f"{says} for the stage that is at work")
    drops = " ".join(f"CALL gds.graph.drop('{graph['name']}');" for graph in graphs)
    return warn(f"{says}, and no stage is at work", f"run detect again, or in Neo4j Browser: {drops}")
