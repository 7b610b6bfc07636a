import Diagnostics
import Training

extension RecipeSetting {
    /// `PATH=VALUE`, as options give it.
    init(parsing text: String) throws {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw Failure(.usage, "--set: found '\(text)', expected a setting and its value, such as optimiser.momentum=0.9")
        }
        self.init(String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
