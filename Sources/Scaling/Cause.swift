import Reports
import Statistics
import Timing

/// Why a point is slower than its ranks would be without each other: the largest loss that stands out, and a sentence that names it.
public struct Cause: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case slowRank(rank: Int)
        /// Ranks wait for each other, now for one and now for another.
        case unevenRanks
        /// Messages, and the link that carries them worst; nil where links were not measured.
        case transfer(StepRecord.Link?)
        case data
        /// Work beside the passes: the update, checkpoints, comparisons of replicas.
        case beside(StepPart)
        /// Its micro-batches are smaller than those of the baseline, and one rank alone is as slow with them.
        case microBatches
        /// Independent copies are as slow.
        case machine
        /// Each rank computes slower than one alone, and independent copies do not, or were not measured.
        case compute
        case nothing
    }

    public let kind: Kind
    /// Of the step's seconds.
    public let share: Double
    public let sentence: String

    /// Losses below this share of a step do not stand out.
    public static let smallestShare = 0.03

    /// - Parameters:
    ///   - point: of two ranks or more.
    ///   - baseline: one rank alone; what it takes is what each rank could take, or an N-th of it in strong scaling.
    ///   - sameCut: one rank alone whose micro-batches are as large as the point's; nil where there is none.
    init(_ point: ScalingPoint, baseline: ScalingPoint?, sameCut: ScalingPoint? = nil, copies: IndependentCopies?) {
        let losses = Losses(point, baseline: baseline, sameCut: sameCut ?? baseline, copies: copies)
        guard let largest = losses.all.max(by: { $0.share < $1.share }), largest.share >= Self.smallestShare else {
            (kind, share) = (.nothing, 0)
            sentence =
                "\(point.ranks) ranks: nothing stands out; waiting, transfer, data, slower computing and work beside it are each below "
                + "\(percent(Self.smallestShare)) of a step."
            return
        }
        (kind, share) = (largest.kind, largest.share)
        sentence = "\(point.ranks) ranks: " + largest.words
    }
}

/// What a point loses, by cause, as shares of a step.
private struct Losses {
    typealias Loss = (kind: Cause.Kind, share: Double, words: String)

    private(set) var all: [Loss] = []
    private let turns: [StepRecord]

    init(_ point: ScalingPoint, baseline: ScalingPoint?, sameCut: ScalingPoint?, copies: IndependentCopies?) {
        turns = point.turns.compactMap { $0 }
        let slowest = SlowestRanks(turns)
        let outlier = slowest?.outlier
        // A slow rank's own seconds are no measure of what computing costs the others.
        let others = turns.flatMap { turn in turn.ranks.enumerated().filter { $0.offset != outlier?.rank }.map(\.element.parts) }
        let parts = StepParts.mean(others)
        guard parts.sum > 0 else { return }
        addWaiting(parts, slowest)
        addTransfer(parts)
        guard let baseline, let sameCut else { return }
        let (best, alone) = (baseline.meanParts, sameCut.meanParts)
        let due = point.mode == .strong ? 1 / Double(point.ranks) : 1
        addData(parts, excess: parts.data - due * alone.data)
        for part in [StepPart.update, .checkpoint, .other] { addBeside(part, parts, due: due * alone[part], point.mode) }
        let computing = parts.forward + parts.backward
        let excess = due * (alone.forward + alone.backward - best.forward - best.backward)
        if let samples = sameCut.samplesOfMicroBatch { addCut(excess / parts.sum, samples: samples) }
        addComputing(computing, due: due * (alone.forward + alone.backward), step: parts.sum, point.mode, sameCut, copies)
    }

    private mutating func addCut(_ share: Double, samples: Int) {
        all.append(
            (
                .microBatches, share,
                "\(percent(share)) of a step is lost to micro-batches of \(samples) samples, which one rank alone computes as slowly; the "
                    + "baseline computes its batch as one."
            ))
    }

    private mutating func addWaiting(_ parts: StepParts, _ slowest: SlowestRanks?) {
        let share = parts.waiting / parts.sum
        guard let outlier = slowest?.outlier, let slowest else {
            all.append(
                (
                    .unevenRanks, share,
                    "\(percent(share)) of a step is waited for others, now for one rank and now for another; none is slower than the rest."
                ))
            return
        }
        all.append(
            (
                .slowRank(rank: outlier.rank), share,
                "rank \(outlier.rank) on \(outlier.host) is slow: the slowest in \(percent(outlier.share)) of \(slowest.steps) steps, with "
                    + "\(percent(outlier.ratio - 1)) more to do by itself than the others, who wait \(percent(share)) of a step for it."
            ))
    }

    private mutating func addTransfer(_ parts: StepParts) {
        let share = parts.transfer / parts.sum
        let worst = links.min { $0.bandwidth < $1.bandwidth }
        let told = "\(percent(share)) of a step is transfer that computing does not hide"
        let words: String
        if let worst {
            let rate = "\(brief(worst.bandwidth * 8e-9, digits: 3)) Gbit/s, \(brief(worst.latency * 1e6, digits: 3)) µs"
            let usual = "others have \(brief(usualBandwidth * 8e-9, digits: 3)) Gbit/s"
            if let slowHost {
                words = "\(told); the links of \(slowHost) are slow: \(rate) at the worst, \(usual)."
            } else if !slowLinks.isEmpty {
                words = "\(told); the link between \(worst.from) and \(worst.to) is slow: \(rate), \(usual)."
            } else {
                words =
                    "\(told), over a link of \(rate) between \(worst.from) and \(worst.to)\(hostCount > 2 ? ", as the others are" : "")."
            }
        } else {
            words = "\(told)."
        }
        all.append((.transfer(worst), share, words))
    }

    private mutating func addData(_ parts: StepParts, excess: Double) {
        let share = excess / parts.sum
        all.append((.data, share, "\(percent(share)) of a step more than one rank alone is spent on waiting for data."))
    }

    private mutating func addBeside(_ part: StepPart, _ parts: StepParts, due: Double, _ mode: ScalingMode) {
        let share = (parts[part] - due) / parts.sum
        let name = part == .other ? "comparing what the ranks hold" : part == .update ? "the update" : "checkpoints"
        all.append(
            (
                .beside(part), share,
                "\(percent(share)) of a step more than \(mode == .strong ? "a rank's share of what one rank alone takes" : "one rank alone") "
                    + "is spent on \(name)."
            ))
    }

    /// Whether the machine itself allows no more is what independent copies tell: they share cores, caches and memory, and no messages. In
    /// strong scaling they have a rank's share of the batch each, and lose what small batches lose too.
    private mutating func addComputing(
        _ seconds: Double, due: Double, step: Double, _ mode: ScalingMode, _ alone: ScalingPoint, _ copies: IndependentCopies?
    ) {
        let share = (seconds - due) / step
        let ratio = PairedRatio(
            zip(copies?.rates ?? [], alone.turns).compactMap { rate, alone in
                rate.flatMap { rate in alone.map { (rate, $0.imagesPerSecond * Double(copies?.count ?? 1)) } }
            })
        let much = percent(seconds / due - 1)
        let slower =
            mode == .strong
            ? "computing its share of the batch takes a rank \(much) longer than such a share of one rank's time alone"
            : "computing takes \(much) longer than on one rank alone"
        guard let ratio else {
            all.append((.compute, share, "\(slower); without independent copies nobody knows whether the machine allows more."))
            return
        }
        // Two copies that lose at least half as much as the ranks do explain most of the loss.
        let isMachine = 1 - ratio.median >= share / 2
        let told =
            "\(copies?.count ?? 0) independent copies\(mode == .strong ? " with such a share each" : "") together have "
            + "\(percent(ratio.median)) of as many times its speed"
        all.append(
            isMachine
                ? (
                    .machine, share,
                    "\(slower), and \(told): \(mode == .strong ? "small batches, or " : "")memory and cores that are shared, not communication."
                )
                : (.compute, share, "\(slower), though \(told): what the ranks do for each other slows them down."))
    }

    private var hostCount: Int { turns.first?.distinctHosts.count ?? 0 }

    /// Each link's median over the turns: one probe that something disturbs accuses no link.
    private var links: [StepRecord.Link] {
        let all = turns.flatMap(\.links)
        return (turns.first?.links ?? []).map { link in
            let same = all.filter { $0.from == link.from && $0.to == link.to }
            return StepRecord.Link(
                from: link.from, to: link.to, latency: same.map(\.latency).median, bandwidth: same.map(\.bandwidth).median)
        }
    }

    /// The bandwidth that the better quarter of the links have: a slow host's links may be more than half of them.
    private var usualBandwidth: Double {
        let sorted = links.map(\.bandwidth).sorted()
        return sorted.isEmpty ? .nan : sorted[3 * sorted.count / 4]
    }

    /// The links below two thirds of what is usual.
    private var slowLinks: [StepRecord.Link] { links.filter { $0.bandwidth < 2 / 3 * usualBandwidth } }

    /// The host that all of several slow links have in common, where it is one alone.
    private var slowHost: String? {
        let slow = slowLinks
        guard slow.count > 1, let first = slow.first else { return nil }
        let shared = [first.from, first.to].filter { host in slow.allSatisfy { $0.from == host || $0.to == host } }
        return shared.count == 1 ? shared[0] : nil
    }
}

extension ScalingRecord {
    /// For each point of two ranks or more why it is no faster.
    public func causes(_ mode: ScalingMode) -> [Cause] {
        let baseline = baseline(mode)
        return points.filter { $0.mode == mode && $0.ranks > 1 && !$0.rates.isEmpty }.sorted { $0.ranks < $1.ranks }.map { point in
            let sameCut = points.first {
                $0.mode == mode && $0.ranks == 1 && $0.samplesOfMicroBatch != nil
                    && $0.samplesOfMicroBatch == point.samplesOfMicroBatch
            }
            return Cause(
                point, baseline: baseline, sameCut: sameCut, copies: copies.first { $0.mode == mode && $0.count == point.ranks })
        }
    }
}

extension ScalingPoint {
    /// The mean over turns and ranks.
    fileprivate var meanParts: StepParts { .mean(turns.compactMap { $0 }.flatMap { $0.ranks.map(\.parts) }) }

    /// Nil where nothing was measured.
    fileprivate var samplesOfMicroBatch: Int? { turns.compactMap { $0 }.first.map { $0.globalBatch / $0.microBatches } }
}

/// A share as people read it, never at two lines' ends: 0.034 is 3.4 %.
func percent(_ share: Double) -> String { share.isFinite ? "\(fixed(share * 100, decimals: 1))\u{A0}%" : "–" }
