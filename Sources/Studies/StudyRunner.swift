import Cluster
import Diagnostics
import Foundation
import Synchronization

/// Runs a study's trials by several workers at once, beside those of other processes and hosts on the same directory.
public struct StudyRunner: Sendable {
    public let study: Study
    public let directory: StudyDirectory
    public let workers: Int
    public let ranksPerTrial: Int

    public init(_ study: Study, in directory: StudyDirectory, workers: Int, ranksPerTrial: Int) {
        (self.study, self.directory, self.workers, self.ranksPerTrial) = (study, directory, workers, ranksPerTrial)
    }

    /// Runs what is left until every trial has ended, wherever it runs; what was interrupted before is tried again.
    ///
    /// - Parameter progress: called on this thread, about once a second.
    /// - Returns: the outcomes, in the order of the trials.
    /// - Throws: what kept a worker from going on, such as a full disk, when the others have stopped and given up their trials, which the
    ///   next start takes up; a trial that fails is an outcome.
    public func run(progress: (StudyProgress) -> Void) throws -> [TrialOutcome] {
        try directory.forgetInterruptions(of: study)
        let claims = try Claims(directory: directory.claims)
        let failure = Mutex<(any Error)?>(nil)
        let stop: @Sendable (any Error) -> Void = { error in
            failure.withLock { $0 = $0 ?? error }
            claims.endJobs()
        }
        let isStopped: @Sendable () -> Bool = { failure.withLock { $0 != nil } }
        let working = DispatchGroup()
        let watch = StudyWatch(study, in: directory)
        for worker in 0..<workers {
            working.enter()
            Thread { [self] in
                do { try work(claims, processors: processors(of: worker), isStopped: isStopped) } catch { stop(error) }
                working.leave()
            }.start()
        }
        repeat {
            // Their jobs must not outlive this process, whatever goes wrong here.
            do { progress(try watch.look(claims, workers: workers)) } catch { stop(error) }
        } while working.wait(timeout: .now() + 1) == .timedOut
        if let error = failure.withLock({ $0 }) { throw error }
        progress(try watch.look(claims, workers: workers))
        return watch.outcomes
    }

    /// Takes one trial after the other, until none is left; those of others are waited for, since their owners may die.
    private func work(_ claims: Claims, processors: [Int]?, isStopped: () -> Bool) throws {
        let run = TrialRun(directory: directory, ranks: ranksPerTrial, processors: processors)
        var left = study.trials[...]
        while !isStopped() {
            left = ArraySlice(left.filter { !FileManager.default.fileExists(atPath: directory.end($0)) })
            if left.isEmpty { return }
            let standing = try claims.standing()
            var taken: (trial: Trial, claim: Claim)?
            for trial in left where taken == nil {
                taken = try claims.take(trial.name, over: standing[trial.name] ?? 0).map { (trial, $0) }
            }
            guard let (trial, claim) = taken else {
                Thread.sleep(forTimeInterval: 0.5)
                continue
            }
            try take(trial, under: claim, of: claims, by: run)
        }
    }

    /// A claim whose trial is to be tried again, now by others or at a later start, is given up: this process lives on, and would keep it.
    private func take(_ trial: Trial, under claim: Claim, of claims: Claims, by run: TrialRun) throws {
        // It may have ended between the two looks.
        guard !FileManager.default.fileExists(atPath: directory.end(trial)) else { return claims.release(claim) }
        do {
            let end = try run.run(trial, under: claim)
            if let end, !end.isInterruption { claims.release(claim) } else { claims.giveUp(claim) }
        } catch {
            claims.giveUp(claim)
            throw error
        }
    }

    /// A part of this host's cores for each worker alone; nil where there are not enough, and all share all.
    private func processors(of worker: Int) -> [Int]? {
        let cores = Cores.all
        guard workers * ranksPerTrial <= cores.count else { return cores.flatMap(\.self) }
        return cores[worker * ranksPerTrial..<(worker + 1) * ranksPerTrial].flatMap(\.self)
    }
}
