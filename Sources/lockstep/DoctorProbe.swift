import ArgumentParser
import Cluster
import Datasets
import Diagnostics
import Foundation
import MPI
import Training

/// What `lockstep doctor` starts on every host: a rank that tells what it finds, and ends.
struct DoctorProbe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor-probe", abstract: "What 'lockstep doctor' starts on every host.", shouldDisplay: false)

    @Option(name: .customLong("run"))
    var place: String

    @Option var mark: String?

    @Option var data: String?

    func run() throws {
        let localRank = ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_LOCAL_RANK"]
        let speaksForHost = localRank == nil || localRank == "0"
        let probe = HostProbe(run: place, mark: mark)
        let processor = hostProcessorName() ?? "?"
        if speaksForHost { try say(FactLines.line(probe.facts(processor: processor, data: nil))) }
        // Where MPI does not start, or waits for ever, this much is known.
        var facts = RankFacts.here
        try say(FactLines.line(facts))
        do {
            let world = try MPIEnvironment.initialise()
            facts.worldSize = world.size
            try world.barrier()
            facts.clock = Date().timeIntervalSince1970
        } catch {
            facts.failure = Failure(reporting: error).description
        }
        try say(FactLines.line(facts))
        // Last, for data may be read slowly, or not at all.
        if speaksForHost, let data {
            let found = Result { String(try Dataset.open(directory: data).contentChecksum(), radix: 16) }
                .mapError(Failure.init(reporting:))
            try say(FactLines.line(probe.facts(processor: processor, data: found)))
        }
        if MPIEnvironment.isRunning { try MPIEnvironment.finalise() }
    }

    /// Whole lines at once: those of other ranks come through the same pipe.
    private func say(_ line: String) throws { try FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8)) }
}
