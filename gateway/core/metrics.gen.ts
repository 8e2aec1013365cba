// Generated from schemas/metrics.json by schemas/generate.ts; edit the source, then `npm run generate`.
export const metricTable = [
  {"name":"temperature","wire":"t","unit":"Cel","secondary":false,"min":-40,"max":85,"decimals":1,"class":"environment","spike":5,"near":8,"flat":true},
  {"name":"humidity","wire":"h","unit":"%RH","secondary":false,"min":0,"max":100,"decimals":1,"class":"environment","spike":20,"near":30,"flat":true},
  {"name":"pressure","wire":"p","unit":"Pa","secondary":false,"min":30000,"max":110000,"decimals":0,"class":"environment","spike":300,"near":1000,"flat":true},
  {"name":"co2","wire":"co2","unit":"ppm","secondary":true,"min":0,"max":40000,"decimals":0,"class":"personal","spike":null,"near":null,"flat":false},
  {"name":"illuminance","wire":"lux","unit":"lx","secondary":false,"min":0,"max":200000,"decimals":0,"class":"environment","spike":null,"near":null,"flat":false},
  {"name":"wind_speed","wire":"ws","unit":"m/s","secondary":false,"min":0,"max":100,"decimals":1,"class":"environment","spike":25,"near":null,"flat":false},
  {"name":"pm1","wire":"pm1","unit":"ug/m3","secondary":true,"min":0,"max":1000,"decimals":1,"class":"environment","spike":200,"near":100,"flat":true},
  {"name":"pm25","wire":"pm25","unit":"ug/m3","secondary":true,"min":0,"max":1000,"decimals":1,"class":"environment","spike":200,"near":100,"flat":true},
  {"name":"pm10","wire":"pm10","unit":"ug/m3","secondary":true,"min":0,"max":2000,"decimals":1,"class":"environment","spike":200,"near":100,"flat":true},
  {"name":"noise","wire":"laeq","unit":"dB","secondary":false,"min":0,"max":140,"decimals":1,"class":"personal","spike":null,"near":null,"flat":false},
  {"name":"battery","wire":"v","unit":"V","secondary":false,"min":0,"max":60,"decimals":2,"class":"none","spike":null,"near":null,"flat":false},
  {"name":"rain","wire":"rn","unit":"mm","secondary":true,"min":0,"max":500,"decimals":1,"class":"environment","spike":null,"near":null,"flat":false},
] as const
