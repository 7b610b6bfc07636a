extension Experiment {
    /// The learning rate where training stands at `point`: the optimiser's, times the schedule's factor, times what the plateau has made of it.
    func rate(at point: Schedule.Point, plateau: Plateau.State) -> Double {
        optimiser.rate * schedule.factor(at: point) * plateau.factor
    }
}
