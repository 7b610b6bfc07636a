import Testing

@testable import Datasets

@Suite struct CatalogueTests {
    @Test(arguments: DatasetFormat.allCases) func entriesAreWellFormed(format: DatasetFormat) {
        let entry = Catalogue.entry(for: format)
        #expect(entry.format == format)
        for file in entry.files {
            #expect(file.base.hasPrefix("http") && file.base.hasSuffix("/") && !file.name.contains("/"))
            #expect(file.md5.count == 32 && file.md5.allSatisfy { "0123456789abcdef".contains($0) })
            #expect(file.length > 1_000)
            if file.name.hasSuffix(".tar.gz") { #expect(ArchiveContents.folder(of: file.members).hasPrefix("cifar-")) }
        }
    }

    @Test func lengths() {
        #expect(Catalogue.entry(for: .cifar10).length == 170_052_171)
        #expect(Catalogue.entry(for: .cifar100).length == 168_513_733)
        #expect(Catalogue.entry(for: .mnist).length == 11_594_722)
        #expect(Catalogue.entry(for: .fashionMNIST).length == 30_878_645)
    }
}
