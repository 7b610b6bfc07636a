import Parallelism
import Recorder

extension HybridNetwork {
    /// As what the flight recorder notes an operation in which this rank may wait for others, with the number of values over all ranks; nil
    /// where it waits for nobody. What is only started is noted where its end is waited for.
    func collective(of operation: LinearOperation) -> (kind: CollectiveKind, count: Int)? {
        switch operation {
        case .gatherLabels: (.allGather, batchCount)
        case .finishActivations(let pass): (.allGather, linear.samples(ofPass: pass) * divided.width(0))
        case .gatherOutputs(let layer, let pass): (.allGather, linear.samples(ofPass: pass) * divided.width(layer + 1))
        case .sumInputGradients(let layer, let pass): (.reduceScatter, linear.samples(ofPass: pass) * divided.width(layer))
        case .finishReturn(let pass): (.reduceScatter, linear.samples(ofPass: pass) * divided.width(0))
        case .startActivations, .forward, .score, .backward, .startReturn, .update: nil
        }
    }
}
