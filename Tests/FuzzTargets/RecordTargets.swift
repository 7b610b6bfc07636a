import Diagnostics
import Foundation

@testable import Cluster
@testable import Recorder
@testable import Training

extension FuzzTarget {
    /// Flight records, with what is concluded from them and said of them.
    static let recorder = FuzzTarget(
        "recorder", longestInput: RecordLayout.byteCount,
        seeds: {
            let path = "\(ScratchDirectory.shared.path)/written.recorder"
            let recorder = try FlightRecorder(path: path, rank: 1, size: 4, host: "node7")
            recorder.enter(.exchange, step: 812)
            for count in 1...9 {
                recorder.collectiveEntered(kind: .allReduce, count: count)
                if count < 9 { recorder.collectiveLeft() }
            }
            recorder.note("waits")
            return [try ScratchDirectory.shared.contents(path)]
        },
        read: { bytes in
            let record = try FlightRecord.read(try ScratchDirectory.shared.write(bytes, "rank-1.recorder"))
            for time in [record.since, 0, UInt64.max] {
                // Rank 0 says nothing, rank 2 the same as rank 1.
                let sights = [
                    RankSight(rank: 0, record: nil), RankSight(rank: 1, record: record, life: .alive),
                    RankSight(rank: 2, record: record, life: .gone),
                ]
                let diagnosis = Diagnosis(sights, completions: RunState.completions, at: time)
                _ = FailureReport(diagnosis, sights: sights, exitCode: 81, at: time).table
            }
            _ = RunState([record])
        })

    /// `failure.json`.
    static let failure = FuzzTarget(
        "failure", longestInput: 4_096,
        seeds: {
            let sight = RankSight(rank: 0, record: nil)
            let diagnosis = Diagnosis(cause: .lost, ranks: [0], text: "rank 0 says nothing")
            return [Array(try encodedJSON(FailureReport(diagnosis, sights: [sight], exitCode: 80, at: 1_700_000_000_000_000_000)))]
        },
        read: { bytes in _ = try FailureReport.read(try ScratchDirectory.shared.write(bytes, "failure.json"))?.table })

    /// Hostfiles, and how many ranks of a launch each host takes.
    static let hostfile = FuzzTarget(
        "hostfile", longestInput: 1_024,
        seeds: { ["# a comment\nnode1 slots=8\nnode2 slots=16 max_slots=16 # another\n\n", "one\ntwo\n"].map { Array($0.utf8) } },
        read: { bytes in _ = try Hostfile(path: try ScratchDirectory.shared.write(bytes, "hostfile")).slots })

    /// `metrics.csv`, with the figures that studies take from it.
    static let metrics = FuzzTarget(
        "metrics", longestInput: 2_048,
        seeds: {
            [
                """
                epoch,step,split,samples,loss,accuracy,learning_rate,seconds,images_per_second,loss_variance,gradient_norm
                1,50,step,64,2.3,0.1,0.1,0.5,128.0,,1.5
                1,100,train,6400,2.1,0.25,0.1,1.0,128.0,0.01,
                1,100,validation,100,2.0,0.3,0.1,0.1,1000.0,,
                1,100,test,1000,nan,0.31,0.1,0.1,1000.0,,

                """
            ].map { Array($0.utf8) }
        },
        read: { bytes in
            try ScratchDirectory.shared.write(bytes, "run/metrics.csv")
            try readMetrics(of: RunDirectory(path: ScratchDirectory.shared.path + "/run"))
        })
}
