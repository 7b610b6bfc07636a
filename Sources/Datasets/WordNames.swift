import Foundation

/// What classes are called where their folders are named by WordNet's numbers: ImageNet's `words.txt`, on each line a number, a tab and its
/// synonyms, `n01443537 ⇥ goldfish, Carassius auratus`.
enum WordNames {
    /// The first synonym of each class; with its folder's name behind it where two classes share it; the folder's name alone where the
    /// list does not name the class, or there is no list.
    ///
    /// Throws: as `TextLines`.
    static func names(of classes: [String], from path: String) throws -> [String] {
        guard fileLength(path) != nil else { return classes }
        let wanted = Set(classes)
        var words: [String: String] = [:]
        for line in try TextLines.read(path) {
            let fields = line.split(separator: "\t", maxSplits: 1)
            guard fields.count == 2, wanted.contains(String(fields[0])) else { continue }
            let first = fields[1].prefix { $0 != "," }.trimmingCharacters(in: .whitespaces)
            if !first.isEmpty { words[String(fields[0])] = first }
        }
        let uses = Dictionary(grouping: words.values, by: \.self).mapValues(\.count)
        return classes.map { name in
            guard let word = words[name] else { return name }
            return uses[word] == 1 ? word : "\(word) (\(name))"
        }
    }
}
