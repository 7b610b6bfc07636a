import Diagnostics
import Foundation
import Networks
import TestSupport
import Testing

@testable import Training

/// What stands in a run directory, and what resuming does to it.
@Suite struct RunDirectoryTests {
    /// The directory is made as it is chosen, so that two runs which start at once cannot choose the same.
    @Test func nextFreeTakesTheFirstGap() throws {
        try withTemporaryDirectory { directory in
            let parent = "\(directory)/runs"
            func next() throws -> String { try RunDirectory.makeNextFree(named: "a", in: parent).path }
            #expect(try next() == "\(parent)/a-1")
            #expect(try next() == "\(parent)/a-2")
            try FileManager.default.createDirectory(atPath: "\(parent)/a-4", withIntermediateDirectories: true)
            #expect(try next() == "\(parent)/a-3")
            // A file of that name is in the way as well.
            try Data().write(to: URL(fileURLWithPath: "\(parent)/a-5"))
            #expect(try next() == "\(parent)/a-6")
            // A name from a model file does not lead out of the directory.
            #expect(try RunDirectory.makeNextFree(named: "../../b c", in: parent).path == "\(parent)/------b-c-1")
        }
    }

    /// A log of something else is not ours to write over.
    @Test func foreignLogIsLeftAlone() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/metrics.csv"
            try Data("my,own,rows\n1,2,3\n".utf8).write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: Failure.self) { try MetricsLog(path: path, resumingAfter: 0) }
            #expect(failure?.kind == .badData)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "my,own,rows\n1,2,3\n")
        }
    }

    /// What a forged checkpoint says of its position must not reach any arithmetic.
    @Test func progressThatCannotBe() {
        let changes: [(inout Training.Progress) -> Void] = [
            { $0.position.step = -5 }, { $0.position.sample = 1 << 40 }, { $0.position.epoch = -1 }, { $0.figures.samples = -1 },
            { $0.plateau.factor = -1 }, { $0.plateau.badEpochs = .max }, { $0.best.epochsSince = .max },
            { $0.plateau.losses = Array(repeating: 1, count: 12) }, { $0.best.loss = .nan },
            { $0.figures.loss = ExactSum(whole: 0, fraction: .max) }, { $0.figures.loss = ExactSum(whole: .min, fraction: 0) },
        ]
        #expect(Training.Progress().isSane)
        for (index, change) in changes.enumerated() {
            var progress = Training.Progress()
            change(&progress)
            #expect(!progress.isSane, "change \(index)")
        }
    }

    @Test func checkpointKnowsItsRun() {
        #expect(RunDirectory(ofCheckpoint: "/runs/a/checkpoints/step-1.safetensors")?.path == "/runs/a")
        #expect(RunDirectory(ofCheckpoint: "/elsewhere/step-1.safetensors") == nil)
    }

    @Test func sameDirectoryUnderOtherSpellings() throws {
        try withTemporaryDirectory { parent in
            let run = RunDirectory(path: "\(parent)/run")
            try run.make()
            try FileManager.default.createSymbolicLink(atPath: "\(parent)/link", withDestinationPath: "\(parent)/run")
            for spelling in ["run", "run/", "link", "run/../run", "./run/checkpoints/.."] {
                #expect(run.isSameDirectory(as: RunDirectory(path: "\(parent)/\(spelling)")), "\(spelling)")
            }
            #expect(!run.isSameDirectory(as: RunDirectory(path: "\(parent)/run-2")))
        }
    }

    @Test func makingItTwiceIsNoFault() throws {
        try withTemporaryDirectory { parent in
            let run = RunDirectory(path: "\(parent)/a/b/run")
            try run.make()
            try run.make()
            #expect(!run.holdsRun)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(parent)/file"))
            let failure = #expect(throws: Failure.self) { try RunDirectory(path: "\(parent)/file/run").make() }
            #expect(
                failure?.kind == .io && failure?.description.contains("\(parent)/file") == true, "\(String(describing: failure))")
        }
    }

    /// Lines of steps that will be taken again go, and so does what a killed process left of its last line.
    @Test func resumedLogKeepsWhatStands() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/metrics.csv"
            var figures = Figures()
            figures.samples = 4
            figures.correct = 1
            let isAdded = figures.loss.add(10)
            #expect(isAdded)
            let total = figures
            func row(_ split: MetricsRow.Split, step: Int) -> MetricsRow {
                MetricsRow(split, epoch: 1, step: step, figures: total, rate: 0.5, timedSamples: 4, seconds: 2)
            }
            let log = try MetricsLog(path: path, resumingAfter: 0)
            for step in 1...5 {
                try log.append(row(.step, step: step))
                if step == 3 { try log.append(row(.train, step: step)) }
            }
            let whole = try String(contentsOfFile: path, encoding: .utf8)
            #expect(whole.hasPrefix(MetricsLog.header + "\n1,1,step,4,2.5,0.25,0.5,2.000000,2.0,,\n"))
            try Data((whole + "1,3,st").utf8).write(to: URL(fileURLWithPath: path))

            let resumed = try MetricsLog(path: path, resumingAfter: 3)
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(whole.hasPrefix(kept) && kept.split(separator: "\n").count == 5, "\(kept)")
            try resumed.append(row(.step, step: 4))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == kept + "1,4,step,4,2.5,0.25,0.5,2.000000,2.0,,\n")
        }
    }
}
