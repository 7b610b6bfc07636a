import Cluster
import Diagnostics
import Foundation
import Synchronization

/// Which worker has which trial: files that can be made only once, in the study's directory. There is no master.
///
/// `TRIAL.1` is the first claim on a trial, and names host and process. Where its owner is dead, `TRIAL.2` takes over, and so on: the highest
/// number holds, and since a number can be made only once, of several that find the same owner dead one gets the trial. An owner on this
/// host is dead when no process has its number and start; one on another host when its claim has not been touched for `patience`. Such an
/// owner may have been suspended alone: when it wakes, it finds the higher claim within a second, and ends its job.
final class Claims: Sendable {
    struct Owner: Codable, Equatable {
        let host: HostIdentity
        let process: HostProcess
    }

    /// Seconds between two touches of a claim, and after how many without one an owner on another host is taken for dead.
    static let beat = 10
    static let patience = 120.0

    private struct Held {
        var claims: [Claim] = []
        var isEnding = false
    }

    private let directory: String
    private let owner: Owner
    private let held = Mutex(Held())
    private let isOver = Mutex(false)

    init(directory: String) throws {
        self.directory = directory
        guard let process = HostProcess.current else { throw Failure(.io, "/proc does not tell when this process began") }
        owner = Owner(host: .current, process: process)
        let thread = Thread { [weak self] in
            var seconds = 0
            while let self, !self.isOver.withLock({ $0 }) {
                seconds += 1
                let isBeat = seconds.isMultiple(of: Self.beat)
                for claim in self.held.withLock(\.claims) {
                    if isBeat { utimes(claim.path, nil) }
                    if !claim.isGood { claim.ending.ask() }
                }
                Thread.sleep(forTimeInterval: 1)
            }
        }
        thread.start()
    }

    deinit { isOver.withLock { $0 = true } }

    /// The numbers of the highest claims, by trial.
    func standing() throws -> [String: Int] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
            throw Failure(.io, "\(directory) cannot be read: \(reason(error))")
        }
        var standing: [String: Int] = [:]
        for name in names {
            let parts = name.split(separator: ".")
            // Drafts of claims have a third part.
            guard parts.count == 2, let number = Int(parts[1]) else { continue }
            standing[String(parts[0])] = max(number, standing[String(parts[0])] ?? 0)
        }
        return standing
    }

    /// Takes a trial, unless another has it.
    ///
    /// - Parameter number: of its highest claim, as it was found; 0 for none.
    /// - Returns: the claim; nil where another has the trial.
    func take(_ trial: String, over number: Int) throws -> Claim? {
        if number > 0, isAlive(trial, number) { return nil }
        let claim = Claim(trial, number + 1, in: directory)
        guard try encodedJSON(owner).writeExclusively(to: claim.path) else { return nil }
        held.withLock { held in
            held.claims.append(claim)
            if held.isEnding { claim.ending.ask() }
        }
        return claim
    }

    /// After the trial's end has been written down, or when another has taken it over.
    func release(_ claim: Claim) { held.withLock { $0.claims.removeAll { $0 === claim } } }

    /// Lets others have the trial while this process lives.
    func giveUp(_ claim: Claim) {
        release(claim)
        unlink(claim.path)
    }

    /// Ends the jobs under all claims of this process, and keeps those of later ones from beginning.
    func endJobs() {
        held.withLock { held in
            held.isEnding = true
            for claim in held.claims { claim.ending.ask() }
        }
    }

    func isAlive(_ trial: String, _ number: Int) -> Bool {
        let path = Claim.path(trial, number, in: directory)
        // One that cannot be read is judged by its age, too: that proves nothing against its owner.
        let found = FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Owner.self, from: $0) }
        if let found, owner.host.sharesProcesses(with: found.host) { return found.process.isAlive }
        // By the file system's own clock: hosts' clocks may differ.
        let probe = "\(directory)/.now-\(UUID().uuidString)"
        defer { unlink(probe) }
        guard FileManager.default.createFile(atPath: probe, contents: nil), let now = modified(probe), let touched = modified(path)
        else {
            return true
        }
        return now.timeIntervalSince(touched) < Self.patience
    }

    private func modified(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
}
