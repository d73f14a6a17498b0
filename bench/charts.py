"""Line charts as SVG, from nothing but numbers. Both axes are logarithmic unless said otherwise."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 64, 190, 44, 52
COLOURS = {"blue": "#2563a8", "orange": "#c2580c", "green": "#2f7d4f", "grey": "#6b7280"}


def label(value):
	if value >= 1e6 and value % 1e5 == 0:
		return f"{value / 1e6:g} M"
	if value >= 1000 and value % 100 == 0:
		return f"{value / 1000:g} k"
	return f"{value:g}"


class Axis:
	"""From values to places. ticks: None for powers of ten and what lies between where there is room."""

	def __init__(self, values, begin, end, linear, ticks=None):
		self.begin, self.end, self.linear = begin, end, linear
		low, high = min(values), max(values)
		if linear:
			self.low, self.high = 0, high * 1.05
			step = 10 ** math.floor(math.log10(self.high / 2))
			step *= next(factor for factor in (1, 2, 5, 10) if self.high / (step * factor) <= 6)
			self.ticks = ticks or [i * step for i in range(int(self.high / step) + 1)]
		else:
			self.low, self.high = low / 1.15, high * 1.15
			decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
			factors = (1, 2, 5) if self.high / self.low < 5000 else (1,)
			self.ticks = ticks or [round(factor * 10.0 ** decade, 9) for decade in decades for factor in factors
				if self.low <= factor * 10.0 ** decade <= self.high]

	def place(self, value):
		if self.linear:
			part = (value - self.low) / (self.high - self.low)
		else:
			part = math.log(value / self.low) / math.log(self.high / self.low)
		return self.begin + part * (self.end - self.begin)


def chart(path, title, x_title, y_title, series, linear=False, x_ticks=None):
	"""series: (name, colour, dashed, [(x, y), ...])"""
	points = [point for *_, line in series for point in line]
	x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT, linear, x_ticks)
	y = Axis([point[1] for point in points], HEIGHT - BOTTOM, TOP, linear)
	out = [
		f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
		f"<title>{escape(title)}</title>",
		f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
		f'<text x="{LEFT}" y="24" font-size="15" fill="#111827">{escape(title)}</text>',
	]
	for tick in x.ticks:
		out.append(f'<line x1="{x.place(tick):.1f}" x2="{x.place(tick):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#e5e7eb"/>')
		out.append(f'<text x="{x.place(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#374151">{label(tick)}</text>')
	for tick in y.ticks:
		out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y.place(tick):.1f}" y2="{y.place(tick):.1f}" stroke="#e5e7eb"/>')
		out.append(f'<text x="{LEFT - 8}" y="{y.place(tick) + 4:.1f}" text-anchor="end" fill="#374151">{label(tick)}</text>')
	out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle" fill="#374151">{escape(x_title)}</text>')
	out.append(f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" fill="#374151">{escape(y_title)}</text>')

	# Names stand at their lines' ends, pushed apart where lines end close together.
	ends = sorted(((y.place(line[-1][1]), i) for i, (*_, line) in enumerate(series)))
	places, last = {}, TOP - 15.0
	for place, i in ends:
		last = places[i] = max(place + 4, last + 15)
	for i, (name, colour, dashed, line) in enumerate(series):
		path_of = " ".join(f"{x.place(px):.1f},{y.place(py):.1f}" for px, py in line)
		dash = ' stroke-dasharray="5 4"' if dashed else ""
		out.append(f'<polyline points="{path_of}" fill="none" stroke="{COLOURS[colour]}" stroke-width="2"{dash}/>')
		for px, py in line:
			out.append(f'<circle cx="{x.place(px):.1f}" cy="{y.place(py):.1f}" r="2.5" fill="{COLOURS[colour]}"/>')
		out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{places[i]:.1f}" fill="{COLOURS[colour]}">{escape(name)}</text>')
	out.append("</svg>\n")
	with open(path, "w", encoding="utf-8") as file:
		file.write("\n".join(out))
