/// Words as a line that a shell reads back as the same words.
public func shellCommand(_ words: [String]) -> String {
    words.map { word in
        let plain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0) }
        return plain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
}

/// Words of a command without an option and its value, given as two words or with `=` between them, however often it stands there.
public func droppingOption(_ option: String, from words: [String]) -> [String] {
    var kept = words
    while let place = kept.firstIndex(where: { $0 == option || $0.hasPrefix("\(option)=") }) {
        kept.removeSubrange(place..<min(kept.count, place + (kept[place] == option ? 2 : 1)))
    }
    return kept
}
