import Parallelism

extension StepProgram {
    /// For each operation that may wait for others, the operation by which a rank has come to that exchange: the one that starts what this
    /// one finishes, or the operation itself. Nil for those that wait for nobody.
    ///
    /// A finish waits as long as any rank has not come to the exchange; what it takes from then on is transfer.
    var arrivals: [Int?] {
        operations.indices.map { index in
            switch operations[index] {
            case .exchange: index
            case .finish(let bucket, let form): lastIndex(of: .start(bucket: bucket, form), before: index)
            case .linear(.finishActivations(let pass)): lastIndex(of: .linear(.startActivations(pass: pass)), before: index)
            case .linear(.finishReturn(let pass)): lastIndex(of: .linear(.startReturn(pass: pass)), before: index)
            case .linear(.gatherLabels), .linear(.gatherOutputs), .linear(.sumInputGradients): index
            case .linear(.startActivations), .linear(.forward), .linear(.score), .linear(.backward), .linear(.startReturn),
                .linear(.update):
                nil
            case .clear, .prepare, .forward, .backward, .add, .check, .start, .update, .updateStatistics: nil
            }
        }
    }

    private func lastIndex(of operation: Operation, before index: Int) -> Int? { operations[..<index].lastIndex(of: operation) }
}
