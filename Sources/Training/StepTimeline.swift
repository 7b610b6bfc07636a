import Diagnostics
import Foundation
import MPI
import Parallelism

/// When each operation of a run's first steps began and ended on each rank, and each bucket's exchange: as a file in Chrome's trace format,
/// which Perfetto (ui.perfetto.dev) and chrome://tracing show with a row for each rank's operations and rows for its exchanges.
///
/// Times are of rank 0's clock, by how far the ranks' clocks were apart before the first step and behind the last. Source of the format: "Trace Event Format", the JSON array form, events X, b, e and M.
final class StepTimeline: StepObserver {
    private struct Event {
        let kind: Kind
        let step: Int
        /// Of this rank's clock, in seconds; in the file microseconds of rank 0's.
        var time: Double
    }

    private enum Kind {
        case began(Int), ended(Int), loading, loaded
        case started(bucket: Int, ExchangeForm), finished(bucket: Int)
    }

    private let program: StepProgram
    private let world: Communicator
    private let lastStep: Int
    private let start: (time: Double, offset: Double)
    private var events: [Event] = []
    private var step = 0

    /// Collective over the world.
    /// - Parameter steps: those from `firstStep` on that are traced.
    init(of program: StepProgram, firstStep: Int, steps: Int, world: Communicator) throws {
        (self.program, self.world, lastStep) = (program, world, firstStep + steps - 1)
        start = try AlignedClock.comparison(over: world)
        // So that steps find room.
        events.reserveCapacity(steps * 2 * (1 + 2 * program.operations.count))
    }

    /// Whether this step is the last one that is traced.
    func isOver(after step: Int) -> Bool { step >= lastStep }

    func begin(step: Int, samples: Int) { self.step = step }

    func began(_ activity: StepActivity) {
        switch activity {
        case .loading: note(.loading)
        case .operation(let number): note(.began(number))
        case .comparing, .checkpointing: return
        }
    }

    func ended(_ activity: StepActivity) {
        switch activity {
        case .loading: note(.loaded)
        case .operation(let number): note(.ended(number))
        case .comparing, .checkpointing: return
        }
    }

    func started(_ bucket: Int, _ form: ExchangeForm) { note(.started(bucket: bucket, form)) }
    func finished(_ bucket: Int) { note(.finished(bucket: bucket)) }

    private func note(_ kind: Kind) { events.append(Event(kind: kind, step: step, time: StepClock.now())) }

    /// Writes all ranks' events to a file, by rank 0. Collective.
    /// - Returns: on rank 0, why the file could not be written; nil where it was.
    func write(to path: String) throws -> String? {
        let clock = AlignedClock(start, try AlignedClock.comparison(over: world))
        let own = try world.agreed { Array(try JSONEncoder().encode(traceEvents(clock))) }
        let all = try world.allGather(bytes: own)
        guard world.rank == 0 else { return nil }
        // Each rank's is an array; the file is one of all of them.
        let ranks = all.map { String(decoding: $0.dropFirst().dropLast(), as: UTF8.self) }
        do {
            try "[\(ranks.joined(separator: ",\n"))]\n".write(toFile: path, atomically: true, encoding: .utf8)
            return nil
        } catch {
            return "\(path): the timeline could not be written: \(reason(error))"
        }
    }

    /// An event as the format has it; times in microseconds.
    private struct TraceEvent: Encodable {
        let name: String
        let ph: String
        let pid: Int
        var tid = 0
        var cat: String?
        var ts: Double?
        var dur: Double?
        var id: String?
        var args: [String: String]?
    }

    private func traceEvents(_ clock: AlignedClock) -> [TraceEvent] {
        let rank = world.rank
        var trace = [
            TraceEvent(name: "process_name", ph: "M", pid: rank, args: ["name": "rank \(rank) on \(world.hostName)"]),
            TraceEvent(name: "process_sort_index", ph: "M", pid: rank, args: ["sort_index": String(rank)]),
            TraceEvent(name: "thread_name", ph: "M", pid: rank, args: ["name": "step"]),
        ]
        var began: [Int: Double] = [:]
        var loading = 0.0
        var forms: [Int: ExchangeForm] = [:]
        func exchange(_ bucket: Int, _ form: ExchangeForm, _ ph: String, _ event: Event) {
            trace.append(
                TraceEvent(
                    name: "\(form) of bucket \(bucket)", ph: ph, pid: rank, cat: "exchange", ts: event.time,
                    id: "\(rank).\(event.step).\(bucket).\(form)", args: ["step": String(event.step)]))
        }
        func span(_ name: String, _ cat: String, from start: Double, _ event: Event) {
            trace.append(
                TraceEvent(
                    name: name, ph: "X", pid: rank, cat: cat, ts: start, dur: event.time - start, args: ["step": String(event.step)]
                ))
        }
        for var event in events {
            event.time = clock.aligned(event.time) * 1e6
            switch event.kind {
            case .loading: loading = event.time
            case .loaded: span("load", "loading", from: loading, event)
            case .began(let operation): began[operation] = event.time
            case .ended(let index):
                let operation = program.operations[index]
                span(operation.description, String(describing: operation.phase), from: began[index] ?? event.time, event)
            case .started(let bucket, let form):
                forms[bucket] = form
                exchange(bucket, form, "b", event)
            case .finished(let bucket):
                if let form = forms.removeValue(forKey: bucket) { exchange(bucket, form, "e", event) }
            }
        }
        return trace
    }
}
