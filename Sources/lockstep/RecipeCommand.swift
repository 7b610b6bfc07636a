import ArgumentParser
import Reports
import Training

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Look at the built-in recipes; 'lockstep train NAME' trains one.",
        subcommands: [RecipeList.self, RecipeShow.self])
}

struct RecipeList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The built-in recipes.")

    func run() {
        let width = (BuiltInRecipe.all.map(\.name.count).max() ?? 0) + 2
        for recipe in BuiltInRecipe.all { print(TerminalWidth.padded(recipe.name, to: width) + recipe.summary) }
    }
}

struct RecipeShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A recipe as the YAML that one could have written.")

    @Argument(help: "A built-in recipe.")
    var name: String

    func run() throws { print(try BuiltInRecipe.named(name).yaml(), terminator: "") }
}
