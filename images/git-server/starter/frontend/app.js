/** What to say at an hour of the day (0 to 23). */
export function greeting(hour) {
  if (hour < 5) return "Still awake?";
  if (hour < 12) return "Good morning";
  if (hour < 18) return "Good afternoon";
  return "Good evening";
}

if (typeof document !== "undefined") {
  document.getElementById("greeting").textContent = greeting(new Date().getHours());
}
