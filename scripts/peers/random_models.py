"""The models of Tests/NetworksTests/RandomModel.swift, draw by draw, without dropout: a change there is a change here."""
from pytorch_model import hashed_words


class RandomModel:
    """Line by line what RandomModel.swift draws."""

    def __init__(self, number):
        self.number, self.draws, self.channels = number, 0, 4

    def draw(self, low, high):
        self.draws += 1
        word = int(hashed_words(self.draws + 1, 7000 + self.number)[self.draws])
        return low + (word * (high - low + 1) >> 32)

    def model(self):
        height, width = self.draw(4, 8), self.draw(4, 8)
        layers = [{"convolution": {"channels": 4, "kernel": self.draw(1, 3), "padding": 1}}]
        layers += [self.layer(0) for _ in range(self.draw(1, 5))]
        layers.append("global-average-pool" if self.draw(0, 2) == 0 else "flatten")
        for _ in range(self.draw(0, 2)):
            layers.append({"linear": {"outputs": self.draw(2, 9), "bias": self.draw(0, 1) == 1}})
            layers += [["relu"], ["relu"], ["batch-norm"], [{"dropout": {"rate": 0}}], []][self.draw(0, 4)]
        return {"name": f"random {self.number}", "input": [height, width, 1], "classes": 10, "layers": layers + [{"linear": {"outputs": 10}}]}

    def layer(self, depth):
        kind = self.draw(0, 11)
        if kind <= 1:
            return self.convolution()
        if kind <= 3:
            size = self.draw(1, 3)
            return {["max-pool", "average-pool"][kind - 2]: {"size": size, "stride": self.draw(1, 3), "padding": self.draw(0, size // 2)}}
        if kind == 6:
            return {"batch-norm": {"epsilon": [1e-5, 0.0625][self.draw(0, 1)], "momentum": 0.25}}
        if kind == 7:
            self.channels = min(12, self.channels + 4 * self.draw(0, 1))
            return {"pad-channels": {"channels": self.channels}}
        return {4: "relu", 5: {"dropout": {"rate": 0}}}.get(kind) or self.block(depth)

    def convolution(self):
        kernel, dilation = [self.draw(1, 4), self.draw(1, 4)], self.draw(1, 3)
        depthwise = self.draw(0, 3) == 0
        groups = self.channels if depthwise else [1, 2, 4][self.draw(0, 2)]
        self.channels = self.channels if depthwise else 4 * self.draw(1, 3)
        keeps = self.draw(0, 1) == 1
        stride, padding = (1, "same") if keeps else (self.draw(1, 3), self.draw(0, 2))
        return {"convolution": {"channels": self.channels, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
                                "groups": groups, "bias": self.draw(0, 1) == 1}}

    def keeping(self, depth):
        kind = self.draw(0, 5)
        if kind == 3 and depth < 2:
            return self.block(depth, True)
        if kind <= 2:
            return ["relu", "batch-norm", {"dropout": {"rate": 0}}][kind]
        kernel = [self.draw(1, 4), self.draw(1, 4)]
        return {"convolution": {"channels": self.channels, "kernel": kernel, "padding": "same", "dilation": self.draw(1, 2)}}

    def block(self, depth, keeps=False):
        layers = ["batch-norm", "relu"] if self.draw(0, 1) == 1 else []
        form = 0 if keeps else self.draw(0, 3)
        if form <= 1:
            layers += [self.keeping(depth + 1) for _ in range(self.draw(1, 3))]
            return {"residual": {"layers": layers, "shortcut": [self.keeping(depth + 1)] if self.draw(0, 2) == 0 else []}}
        stride = self.draw(1, 3)
        outputs = 4 * self.draw(1, 3) if form == 2 else min(12, self.channels + 4 * self.draw(0, 1))
        layers.append({"convolution": {
            "channels": outputs, "kernel": 3, "stride": stride, "padding": 1, "bias": self.draw(0, 1) == 1}})
        self.channels = outputs
        layers += [self.keeping(depth + 1) for _ in range(self.draw(0, 2))]
        shortcut = [{"max-pool": {"size": 1, "stride": stride}}, {"pad-channels": {"channels": outputs}}]
        if form == 2:
            shortcut = [{"convolution": {"channels": outputs, "kernel": 1, "stride": stride, "bias": False}}]
            shortcut += ["batch-norm"] if self.draw(0, 1) == 1 else []
        return {"residual": {"layers": layers, "shortcut": shortcut}}
