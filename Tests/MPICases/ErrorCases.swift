import Diagnostics
import MPI

func errorCases() -> [Case] {
    [
        Case(name: "error-broadcast-from-no-rank") { world, findings in
            // The invalid root is noticed on each rank, before anything is sent.
            var values: [Float] = [1, 2, 3]
            let text = findings.expectFailure("a broadcast from rank 999") {
                try values.withUnsafeMutableBufferPointer { try world.broadcast($0, from: 999) }
            }
            for part in [
                "MPI_Bcast failed on rank \(world.rank) of \(world.size) (host \(world.hostName))", "MPI_ERR_ROOT",
                "3 of 3 Float from rank 999",
            ] {
                findings.expect(text.contains(part), "no \"\(part)\" in \"\(text)\"")
            }
        },
        Case(name: "error-in-a-part-names-both-ranks") { world, findings in
            let part = try world.split(color: world.rank, key: 0)
            let text = findings.expectFailure("a broadcast from rank 1 of 1") { _ = try part.broadcast(0, from: 1) }
            let who = world.size == 1 ? "(host \(world.hostName))" : "(host \(world.hostName), rank 0 of a group of 1)"
            findings.expect(text.contains("on rank \(world.rank) of \(world.size) \(who)"), text)
            try part.free()
        },
        Case(name: "error-is-of-kind-mpi") { world, findings in
            do { _ = try world.broadcast(0, from: -7) } catch let failure as Failure {
                findings.expectEqual(failure.kind, .mpi, "the kind")
            }
        },
        Case(name: "error-started-twice") { _, findings in
            let text = findings.expectFailure("starting MPI again") { _ = try MPIEnvironment.initialise() }
            findings.expect(text.contains("MPI was started before"), text)
        },
    ]
}
